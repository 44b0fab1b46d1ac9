// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which connections the pool opens, fills, acknowledges on and lets go.
#include <catch2/catch.hpp>

#include "support/pool_questions.hpp"

using namespace mooring::server;
using namespace mooring::test;

TEST_CASE("as many connections are opened as the waiting queries need", "[pool]") {
  UpstreamSettings settings;
  settings.in_flight_per_connection = 32;
  PoolFixture fixture(settings);
  Asker asker(fixture);
  submit_hosts(asker, 0, 33);
  CHECK(fixture.upstream.opened.size() == 2);
  submit_hosts(asker, 0, 1000);
  CHECK(fixture.upstream.opened.size() == 8);
}

TEST_CASE("what comes in one turn goes to the connection with the most room", "[pool]") {
  auto settings = small_pool();
  settings.waiting = 10;
  PoolFixture fixture(settings);
  Asker asker(fixture);
  ask_hosts(asker, 0, 8);
  fixture.connect_all();
  const auto a = fixture.queries(0);
  const auto b = fixture.queries(1);
  REQUIRE(a.size() == 4);
  REQUIRE(b.size() == 4);
  fixture.reply(0, answer_to(a[0]));
  fixture.reply(1, answer_to(b[0]));
  fixture.reply(1, answer_to(b[1]));
  submit_hosts(asker, 8, 10);
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
  submit_hosts(asker, 0, 12);
  const auto sent = connect_and_take(fixture, 0, 12);
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
