// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/pool.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "support/scripted_upstream.hpp"

using namespace mooring::server;
using namespace mooring::test;

namespace {

UpstreamSettings small() {
  UpstreamSettings settings;
  settings.connections = 2;
  settings.in_flight_per_connection = 4;
  settings.waiting = 4;
  return settings;
}

}  // namespace

TEST_CASE("a query goes out with another ID and its answer comes back with its own", "[pool]") {
  PoolFixture fixture;
  Asker asker(fixture);
  const auto asked = edns_query(0x1234, "www.example.net", join({option(11, 0), option(12, 9)}));
  CHECK_FALSE(asker.ask(asked));
  CHECK(fixture.upstream.opened == std::vector<std::size_t>{0});
  fixture.connect(0);
  const auto sent = fixture.queries(0);
  REQUIRE(sent.size() == 1);
  auto expected = edns_query(id_of(sent[0]), "www.example.net");
  CHECK(sent[0] == expected);  // nothing for this hop only
  fixture.reply(0, answer_to(sent[0]));
  CHECK(asker.answers == std::vector<Octets>{answer_to(asked)});
  CHECK(asker.in_flight() == 0);
  CHECK(fixture.pool.pending() == 0);
  CHECK(fixture.upstream.states == "0 up, ");
}

TEST_CASE("what a query is comes back with its answer or failure", "[pool]") {
  PoolFixture fixture;
  Asker asker(fixture);
  const auto asked = edns_query(7, "www.example.net", option(12, 9));
  const QueryContext first{*Endpoint::parse("192.0.2.1:4000"), QueryTransport::tls,
                           check_query(asked).shape.opt.hop, 1};
  const QueryContext second{*Endpoint::parse("[2001:db8::1]:4000"), QueryTransport::tls, {}, 2};
  CHECK_FALSE(asker.submit(asked, first));
  CHECK_FALSE(asker.submit(asked, second));
  fixture.connect(0);
  REQUIRE(fixture.queries(0).size() == 2);
  fixture.end(0);
  fixture.pass(fixture.settings.first_backoff);  // both are sent again, on another connection
  fixture.connect(0);
  const auto sent = fixture.queries(0);
  REQUIRE(sent.size() == 2);
  fixture.reply(0, answer_to(sent[1]));
  CHECK(asker.contexts == std::vector{second});
  fixture.pass(fixture.settings.query_deadline);
  CHECK(asker.contexts == std::vector{second, first});
  CHECK(first.asked.padding);
}

TEST_CASE("what is submitted in one turn leaves in one send", "[pool]") {
  PoolFixture fixture;
  Asker asker(fixture);
  for (unsigned i = 0; i < 5; ++i) CHECK_FALSE(asker.submit(query(i, host_of(i))));
  fixture.connect(0);
  CHECK(fixture.upstream.connections[0].sends == 1);
  CHECK(fixture.queries(0).size() == 5);
  for (unsigned i = 0; i < 5; ++i) CHECK_FALSE(asker.submit(query(i, host_of(i))));
  CHECK(fixture.upstream.connections[0].sends == 1);
  fixture.pool.flush();
  CHECK(fixture.upstream.connections[0].sends == 2);
  fixture.pool.flush();
  CHECK(fixture.upstream.connections[0].sends == 2);
}

TEST_CASE("answers are taken in any order and cut anywhere", "[pool]") {
  for (const std::size_t piece : {1U, 3U, 1000U}) {
    PoolFixture fixture;
    Asker asker(fixture);
    std::vector<Octets> expected;
    for (unsigned i = 0; i < 10; ++i) {
      (void)asker.ask(query(i, host_of(i)));
      expected.insert(expected.begin(), answer_to(query(i, host_of(i)), i));
    }
    fixture.connect(0);
    const auto sent = fixture.queries(0);
    Octets stream;
    for (unsigned i = 10; i-- > 0;) stream = join({stream, framed(answer_to(sent[i], i))});
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      const auto size = std::min(piece, stream.size() - at);
      const auto part = OctetView(stream).subspan(at, size);
      fixture.data(0, Octets(part.begin(), part.end()));
    }
    CHECK(asker.answers == expected);
  }
}

TEST_CASE("connections are filled before more are opened, and then queries wait", "[pool]") {
  PoolFixture fixture(small());
  Asker asker(fixture);
  for (unsigned i = 0; i < 4; ++i) CHECK_FALSE(asker.ask(query(i, host_of(i))));
  CHECK(fixture.upstream.opened.size() == 1);
  fixture.connect_all();
  CHECK(fixture.queries(0).size() == 4);
  CHECK_FALSE(asker.ask(query(4, host_of(4))));
  CHECK(fixture.upstream.opened.size() == 2);
  for (unsigned i = 5; i < 8; ++i) CHECK_FALSE(asker.ask(query(i, host_of(i))));
  CHECK(asker.ask(query(99, host_of(99))) == QueryFailure::overflow);  // four wait already
  fixture.connect_all();
  const auto first = fixture.queries(1);
  REQUIRE(first.size() == 4);
  for (unsigned i = 8; i < 12; ++i) CHECK_FALSE(asker.ask(query(i, host_of(i))));
  CHECK(asker.ask(query(99, host_of(99))) == QueryFailure::overflow);
  CHECK(fixture.upstream.opened.size() == 2);
  // One place becomes free, and the one that has waited longest gets it.
  fixture.reply(1, answer_to(first[0]));
  const auto next = fixture.queries(1);
  REQUIRE(next.size() == 1);
  CHECK(next[0] == query(id_of(next[0]), host_of(8)));
  CHECK(fixture.counters.upstream.overflows.value() == 2);
  CHECK_FALSE(fixture.upstream.misused());
}

TEST_CASE("queries that wait leave together, when half the places are free", "[pool]") {
  auto settings = small();
  settings.connections = 1;
  settings.waiting = 20;
  PoolFixture fixture(settings);
  Asker asker(fixture);
  for (unsigned i = 0; i < 12; ++i) CHECK_FALSE(asker.ask(query(i, host_of(i))));
  fixture.connect_all();
  const auto first = fixture.queries(0);
  REQUIRE(first.size() == 4);
  fixture.reply(0, answer_to(first[0]));
  CHECK(fixture.queries(0).empty());
  CHECK(fixture.pool.next_deadline() == fixture.now + 1ms);
  fixture.reply(0, answer_to(first[1]));
  const auto second = fixture.queries(0);
  REQUIRE(second.size() == 2);
  CHECK(second[0] == query(id_of(second[0]), host_of(4)));
  CHECK(second[1] == query(id_of(second[1]), host_of(5)));
  CHECK(fixture.upstream.connections[0].sends == 2);

  // A place that is free is not left so for more than a moment.
  fixture.reply(0, answer_to(first[2]));
  CHECK(fixture.queries(0).empty());
  fixture.pass(1ms);
  const auto third = fixture.queries(0);
  REQUIRE(third.size() == 1);
  CHECK(third[0] == query(id_of(third[0]), host_of(6)));

  // Who comes while others wait does not overtake them.
  fixture.reply(0, answer_to(first[3]));
  CHECK_FALSE(asker.ask(query(12, host_of(12))));
  CHECK(fixture.queries(0).empty());
  fixture.reply(0, answer_to(second[0]));
  const auto fourth = fixture.queries(0);
  REQUIRE(fourth.size() == 2);
  CHECK(fourth[0] == query(id_of(fourth[0]), host_of(7)));
  CHECK(fourth[1] == query(id_of(fourth[1]), host_of(8)));
  CHECK_FALSE(fixture.upstream.misused());
}

TEST_CASE("the fuller the queue of waiting queries, the less of it for each owner", "[pool]") {
  auto settings = small();
  settings.waiting = 20;
  PoolFixture fixture(settings);
  Asker asker(fixture);
  CHECK(fixture.pool.fair_share(128) == 128);
  for (unsigned i = 0; i < 10; ++i) CHECK_FALSE(asker.ask(query(i, host_of(i))));
  CHECK(fixture.pool.fair_share(128) == 8);
  CHECK(fixture.pool.fair_share(3) == 3);
  for (unsigned i = 10; i < 18; ++i) CHECK_FALSE(asker.ask(query(i, host_of(i))));
  CHECK(fixture.pool.fair_share(128) == 1);
  // The rest is for those who have little.
  CHECK(asker.ask(query(99, host_of(99))) == QueryFailure::overflow);
  Asker other(fixture);
  for (unsigned i = 0; i < 2; ++i) CHECK_FALSE(other.ask(query(i, host_of(i))));
  CHECK(other.ask(query(99, host_of(99))) == QueryFailure::overflow);
  fixture.connect_all();
  CHECK(fixture.pool.fair_share(128) == 8);
  for (int rounds = 0; rounds < 4; ++rounds) {
    for (const unsigned connection : {0U, 1U})
      for (const auto& sent : fixture.queries(connection))
        fixture.reply(connection, answer_to(sent));
  }
  CHECK(asker.answers.size() == 18);
  CHECK(other.answers.size() == 2);
  CHECK(fixture.pool.fair_share(128) == 128);
}

TEST_CASE("what comes in one turn goes to the connection with the most room", "[pool]") {
  auto settings = small();
  settings.waiting = 10;
  PoolFixture fixture(settings);
  Asker asker(fixture);
  for (unsigned i = 0; i < 8; ++i) CHECK_FALSE(asker.ask(query(i, host_of(i))));
  fixture.connect_all();
  const auto a = fixture.queries(0);
  const auto b = fixture.queries(1);
  REQUIRE(a.size() == 4);
  REQUIRE(b.size() == 4);
  fixture.reply(0, answer_to(a[0]));
  fixture.reply(1, answer_to(b[0]));
  fixture.reply(1, answer_to(b[1]));
  for (unsigned i = 8; i < 10; ++i) CHECK_FALSE(asker.submit(query(i, host_of(i))));
  fixture.pool.flush();
  CHECK(fixture.queries(0).empty());
  CHECK(fixture.queries(1).size() == 2);
  CHECK(fixture.upstream.connections[1].sends == 2);
}

TEST_CASE("a resolver that holds answers back until an acknowledgement gets one", "[pool]") {
  UpstreamSettings settings;
  settings.connections = 1;
  PoolFixture fixture(settings);
  Asker asker(fixture);
  for (unsigned i = 0; i < 12; ++i) CHECK_FALSE(asker.submit(query(i, host_of(i))));
  fixture.connect_all();
  const auto sent = fixture.queries(0);
  REQUIRE(sent.size() == 12);
  const auto& acknowledged = fixture.upstream.connections[0].acknowledged;

  // Much is owed: within a moment, if nothing is sent meanwhile.
  fixture.reply(0, answer_to(sent[0]));
  CHECK(acknowledged == 0);
  CHECK(fixture.pool.next_deadline() == fixture.now + 1ms);
  fixture.pass(1ms);
  CHECK(acknowledged == 1);
  fixture.reply(0, answer_to(sent[1]));
  CHECK_FALSE(asker.ask(query(12, host_of(12))));
  fixture.pass(1ms);
  CHECK(acknowledged == 1);

  // Little is owed: at once. Nothing is: not at all.
  const auto rest = fixture.queries(0);
  REQUIRE(rest.size() == 1);
  for (unsigned i = 2; i < 11; ++i) fixture.reply(0, answer_to(sent[i]));
  CHECK(acknowledged == 8);
  fixture.reply(0, answer_to(sent[11]));
  CHECK(acknowledged == 9);
  fixture.reply(0, answer_to(rest[0]));
  fixture.pass(1ms);
  CHECK(acknowledged == 9);
  CHECK(asker.answers.size() == 13);
  CHECK_FALSE(fixture.upstream.misused());
}

TEST_CASE("as many connections are opened as the waiting queries need", "[pool]") {
  UpstreamSettings settings;
  settings.in_flight_per_connection = 32;
  PoolFixture fixture(settings);
  Asker asker(fixture);
  for (unsigned i = 0; i < 33; ++i) CHECK_FALSE(asker.submit(query(i, host_of(i))));
  CHECK(fixture.upstream.opened.size() == 2);
  for (unsigned i = 0; i < 1000; ++i) CHECK_FALSE(asker.submit(query(i, host_of(i))));
  CHECK(fixture.upstream.opened.size() == 8);
}

TEST_CASE("the memory of queries is bounded", "[pool]") {
  auto settings = small();
  settings.query_octets = 100'000;
  PoolFixture fixture(settings);
  Asker asker(fixture);
  const auto big = edns_query(1, "a", option(65001, 60'000));
  CHECK_FALSE(asker.ask(big));
  CHECK(asker.ask(big) == QueryFailure::overflow);
  CHECK_FALSE(asker.ask(query(1, "a")));
  fixture.connect(0);
  fixture.reply(0, answer_to(fixture.queries(0).at(0)));
  CHECK_FALSE(asker.ask(big));
}

TEST_CASE("all 65536 IDs come round under load and no answer goes astray", "[pool]") {
  UpstreamSettings settings;
  settings.connections = 3;
  PoolFixture fixture(settings);
  Asker a(fixture), b(fixture);
  std::mt19937 random(3);
  std::map<std::size_t, std::map<unsigned, Octets>> owed;  // by connection and upstream ID
  std::set<unsigned> seen;
  std::size_t asked = 0;
  std::array<std::size_t, 2> got{};
  while (asked < 400'000) {
    for (unsigned i = random() % 8; i > 0; --i, ++asked) {
      Asker& asker = asked % 2 == 0 ? a : b;
      // The name says who asks, and under which ID.
      const auto id = static_cast<unsigned>(random() & 0xffffU);
      const auto name = (asked % 2 == 0 ? "a" : "b") + std::to_string(id);
      if (asker.submit(query(id, name))) --asked;
    }
    fixture.pool.flush();
    fixture.connect_all();
    for (std::size_t connection = 0; connection < 3; ++connection) {
      for (auto& message : fixture.queries(connection)) {
        seen.insert(id_of(message));
        REQUIRE(owed[connection].emplace(id_of(message), message).second);
      }
      Octets stream;
      while (!owed[connection].empty() && random() % 4 != 0) {
        auto one = owed[connection].lower_bound(static_cast<unsigned>(random() & 0xffffU));
        if (one == owed[connection].end()) one = owed[connection].begin();
        stream = join({stream, framed(answer_to(one->second))});
        owed[connection].erase(one);
      }
      if (!stream.empty()) fixture.data(connection, stream);
    }
    for (Asker* asker : {&a, &b}) {
      const std::string who = asker == &a ? "a" : "b";
      for (const auto& answer : asker->answers) {
        REQUIRE(answer == answer_to(query(id_of(answer), who + std::to_string(id_of(answer)))));
      }
      got[asker == &a ? 0 : 1] += asker->answers.size();
      asker->answers.clear();
    }
  }
  CHECK(got[0] + got[1] + a.in_flight() + b.in_flight() == asked);
  CHECK(seen.size() > 65'000);
  CHECK(a.failures.empty());
  CHECK(fixture.counters.upstream.answers_unknown_id.value() == 0);
}

TEST_CASE("nobody hears of the queries of an owner who has gone", "[pool]") {
  PoolFixture fixture(small());
  Asker stays(fixture);
  {
    Asker goes(fixture);
    for (unsigned i = 0; i < 4; ++i) (void)goes.ask(query(i, host_of(i)));
    fixture.connect(0);
    for (unsigned i = 4; i < 6; ++i) (void)goes.ask(query(i, host_of(i)));
    (void)stays.ask(query(7, host_of(7)));
  }
  // Four are owed on the connection and keep their IDs; the two that waited are gone.
  CHECK(fixture.pool.pending() == 5);
  const auto sent = fixture.queries(0);
  REQUIRE(sent.size() == 4);
  fixture.reply(0, answer_to(sent[0]));
  CHECK(fixture.counters.upstream.answers_late.value() == 1);
  const auto next = fixture.queries(0);
  REQUIRE(next.size() == 1);
  CHECK(next[0] == query(id_of(next[0]), host_of(7)));
  fixture.reply(0, answer_to(next[0]));
  CHECK(stays.answers == std::vector<Octets>{answer_to(query(7, host_of(7)))});
  // What nobody waits for is not asked again.
  fixture.end(0);
  CHECK(fixture.pool.pending() == 0);
  CHECK(fixture.counters.upstream.sent_again.value() == 0);
}

TEST_CASE("an owner may cancel from inside its own call", "[pool]") {
  PoolFixture fixture(small());
  Asker asker(fixture);
  asker.cancel_on_event = true;
  const auto fill = [&] {
    for (unsigned i = 0; i < 4; ++i) (void)asker.ask(query(i, host_of(i)));
  };
  SECTION("answer") {
    fill();
    fixture.connect(0);
    fixture.reply(0, answer_to(fixture.queries(0).at(0)));
    CHECK(asker.answers.size() == 1);
  }
  SECTION("deadline") {
    fill();
    fixture.connect(0);
    fixture.pass(8s);
    CHECK(asker.failures.size() == 1);
  }
  SECTION("lost twice") {
    fill();
    fixture.connect(0);
    fixture.end(0);
    fixture.connect_all();
    fixture.end(0);
    fixture.pass(100ms);
    fixture.connect_all();
    fixture.end(0);
    CHECK(asker.failures.size() == 1);
  }
  CHECK(asker.in_flight() == 0);
  CHECK(asker.answers.size() + asker.failures.size() == 1);
}

TEST_CASE("an idle connection is closed after a while, by either side, without a word", "[pool]") {
  PoolFixture fixture;
  Asker asker(fixture);
  (void)asker.ask(query(1, "www.example.net"));
  fixture.connect(0);
  fixture.reply(0, answer_to(fixture.queries(0).at(0)));
  SECTION("by us") {
    fixture.pass(19s);
    CHECK(fixture.pool.connected() == 1);
    fixture.pass(1s);
    CHECK(fixture.upstream.closed_by_pool == 1);
  }
  SECTION("by the resolver") {
    fixture.end(0);
  }
  CHECK(fixture.pool.connected() == 0);
  CHECK_FALSE(fixture.pool.next_deadline());
  (void)asker.ask(query(1, "www.example.net"));
  fixture.connect_all();
  CHECK(fixture.queries(0).size() == 1);
  CHECK(fixture.upstream.states == "0 up, ");
}
