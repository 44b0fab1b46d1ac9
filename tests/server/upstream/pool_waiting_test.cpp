// SPDX-License-Identifier: GPL-3.0-or-later
//
// Queries that wait for a place: how many, how long, and whose.
#include <catch2/catch.hpp>

#include "support/pool_questions.hpp"

using namespace mooring::server;
using namespace mooring::test;

TEST_CASE("connections are filled before more are opened, and then queries wait", "[pool]") {
  PoolFixture fixture(small_pool());
  Asker asker(fixture);
  ask_hosts(asker, 0, 4);
  CHECK(fixture.upstream.opened.size() == 1);
  fixture.connect_all();
  CHECK(fixture.queries(0).size() == 4);
  CHECK_FALSE(asker.ask(query(4, host_of(4))));
  CHECK(fixture.upstream.opened.size() == 2);
  ask_hosts(asker, 5, 8);
  CHECK(asker.ask(query(99, host_of(99))) == QueryFailure::overflow);  // four wait already
  const auto first = connect_and_take(fixture, 1, 4);
  ask_hosts(asker, 8, 12);
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
  auto settings = small_pool();
  settings.connections = 1;
  settings.waiting = 20;
  PoolFixture fixture(settings);
  Asker asker(fixture);
  ask_hosts(asker, 0, 12);
  const auto first = connect_and_take(fixture, 0, 4);
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
  auto settings = small_pool();
  settings.waiting = 20;
  PoolFixture fixture(settings);
  Asker asker(fixture);
  CHECK(fixture.pool.fair_share(128) == 128);
  ask_hosts(asker, 0, 10);
  CHECK(fixture.pool.fair_share(128) == 8);
  CHECK(fixture.pool.fair_share(3) == 3);
  ask_hosts(asker, 10, 18);
  CHECK(fixture.pool.fair_share(128) == 1);
  // The rest is for those who have little.
  CHECK(asker.ask(query(99, host_of(99))) == QueryFailure::overflow);
  Asker other(fixture);
  ask_hosts(other, 0, 2);
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

TEST_CASE("the memory of queries is bounded", "[pool]") {
  auto settings = small_pool();
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
