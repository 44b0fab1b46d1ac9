// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/connection_set.hpp"

#include <catch2/catch.hpp>
#include <memory>

#include "server/upstream/query_store.hpp"
#include "support/pool_fixture.hpp"

using namespace mooring::server;
using namespace mooring::test;

namespace {

/// A set of connections and queries for them, without anybody who decides.
struct Fixture {
  explicit Fixture(std::size_t count = 2, std::size_t in_flight = 8)
      : set(upstream, counters.upstream, count, in_flight) {}
  ~Fixture() {
    while (queries.size() != 0) {
      PendingQuery& query = *queries.earliest();
      query.detach();
      if (query.place == QueryPlace::on_connection) set.remove(query);
      query.ListHook<PlaceTag>::unlink();
      queries.remove(query);
    }
  }
  UpstreamConnection& at(unsigned index) { return set.at(PoolFixture::id(index)); }
  void connect(unsigned index, std::size_t resolver = 0, std::size_t limit = 8) {
    REQUIRE(set.open(at(index), resolver, limit, now));
    upstream.at(at(index).id()).connected = true;
    set.connected(at(index), now);
    set.choose_resolver(ordered_policy(), 0);
  }
  PendingQuery& send(unsigned index) {
    const auto message = query(1, "www.example.net");
    PendingQuery& made =
        queries.add(owner, *client.get(), {message, check_query(message).shape}, now + 8s);
    set.send(at(index), made, ids, now);
    return made;
  }

  struct Owner final : QueryOwner {
    void on_answer(const Answer&) override {}
    void on_failure(const Query&, QueryFailure) override {}
  };
  TimePoint now{1h};
  ScriptedUpstream upstream;
  SeededIds ids;
  Counters counters;
  Owner owner;
  FairQueue queue{16};
  PoolClientRef client = queue.client(std::nullopt);
  QueryStore queries;
  ConnectionSet set;
};

}  // namespace

TEST_CASE("a connection's states follow each other as the table says", "[upstream]") {
  using enum ConnectionState;
  const std::pair<ConnectionState, ConnectionState> legal[] = {
      {closed, connecting}, {connecting, open}, {connecting, closed},
      {open, retired},      {open, closed},     {retired, closed}};
  for (const auto from : {closed, connecting, open, retired}) {
    for (const auto to : {closed, connecting, open, retired}) {
      INFO(static_cast<int>(from) << " to " << static_cast<int>(to));
      const bool expected =
          std::find(std::begin(legal), std::end(legal), std::pair{from, to}) != std::end(legal);
      CHECK(may_follow(from, to) == expected);
    }
  }
}

TEST_CASE("the account of connections goes with their states", "[upstream]") {
  Fixture fixture;
  auto& set = fixture.set;
  REQUIRE(set.open(fixture.at(0), 0, 8, fixture.now));
  CHECK(set.connecting() == 1);
  CHECK_FALSE(set.has_place());
  set.connected(fixture.at(0), fixture.now);
  set.choose_resolver(ordered_policy(), 0);
  CHECK(set.connecting() == 0);
  CHECK(set.established() == 1);
  CHECK(set.has_place());
  PendingQuery& sent = fixture.send(0);
  set.retire(fixture.at(0));
  CHECK(set.retired() == 1);
  CHECK(set.usable() == 0);
  CHECK(set.established() == 1);
  CHECK_FALSE(set.has_place());
  CHECK(fixture.at(0).owes_somebody());
  List<PendingQuery, PlaceTag> owed;
  set.closed(fixture.at(0), owed);
  CHECK(owed.front() == &sent);
  CHECK(sent.place == QueryPlace::lost);
  CHECK(set.established() + set.retired() + set.connecting() == 0);
  CHECK(fixture.at(0).owed() == 0);
}

TEST_CASE("a connection that cannot be started is still closed", "[upstream]") {
  Fixture fixture;
  fixture.upstream.fail_open = true;
  CHECK_FALSE(fixture.set.open(fixture.at(0), 0, 8, fixture.now));
  CHECK_FALSE(fixture.at(0).live());
  CHECK(fixture.set.usable() == 0);
}

TEST_CASE("only connections to the resolver in use have room", "[upstream]") {
  Fixture fixture;
  fixture.connect(1, 1);
  CHECK(fixture.set.resolver_in_use() == 1);
  CHECK(fixture.set.choose(false, false) == &fixture.at(1));
  fixture.connect(0, 0);
  CHECK(fixture.set.resolver_in_use() == 0);
  CHECK(fixture.set.choose(false, false) == &fixture.at(0));
  fixture.set.retire(fixture.at(0));
  fixture.set.choose_resolver(ordered_policy(), 0);
  CHECK(fixture.set.choose(false, false) == &fixture.at(1));
}

TEST_CASE("room is what is neither in flight nor kept", "[upstream]") {
  Fixture fixture(1);
  fixture.connect(0);
  for (unsigned i = 0; i < 7; ++i) {
    CHECK(fixture.set.choose(true, false) == &fixture.at(0));
    (void)fixture.send(0);
  }
  CHECK(fixture.set.choose(true, false) == nullptr);  // an eighth is left
  CHECK(fixture.set.choose(false, false) == &fixture.at(0));
  PendingQuery& last = fixture.send(0);
  CHECK_FALSE(fixture.set.has_place());
  last.detach();
  fixture.set.remove(last);
  last.place = QueryPlace::lost;
  CHECK(fixture.set.has_place());
  CHECK(fixture.set.choose(true, false) == nullptr);
}

TEST_CASE("queries that have expired count against their connection", "[upstream]") {
  Fixture fixture(1, 4);
  fixture.connect(0, 0, 4);
  PendingQuery& first = fixture.send(0);
  PendingQuery& second = fixture.send(0);
  QueryStore::expire(first);
  CHECK_FALSE(fixture.set.expired(first));
  QueryStore::expire(second);
  CHECK(fixture.set.expired(second));  // half of what it can take
  for (auto* const query : {&first, &second}) {
    query->detach();
    fixture.set.remove(*query);
    fixture.queries.remove(*query);
  }
  CHECK(fixture.at(0).owed() == 0);
}
