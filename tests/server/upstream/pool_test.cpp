// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/pool.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "support/pool_questions.hpp"

using namespace mooring::server;
using namespace mooring::test;

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
  submit_hosts(asker, 0, 5);
  fixture.connect(0);
  CHECK(fixture.upstream.connections[0].sends == 1);
  CHECK(fixture.queries(0).size() == 5);
  submit_hosts(asker, 0, 5);
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
  PoolFixture fixture(small_pool());
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
  PoolFixture fixture(small_pool());
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
