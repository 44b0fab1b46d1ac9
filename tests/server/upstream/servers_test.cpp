// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>

#include "support/pool_fixture.hpp"

using namespace mooring::server;
using namespace mooring::test;

namespace {

using Failures = std::vector<std::pair<std::uint16_t, QueryFailure>>;

UpstreamSettings two_servers() {
  UpstreamSettings settings;
  settings.servers = 2;
  return settings;
}

/// Moves the clock from deadline to deadline, refusing every connection, until `until`.
void refuse_until(PoolFixture& fixture, TimePoint until) {
  for (;;) {
    for (std::size_t i = 0; i < 8; ++i) {
      if (fixture.upstream.connections[i].live) fixture.end(i, "connection refused");
    }
    const auto next = fixture.pool.next_deadline();
    if (!next || *next > until) break;
    REQUIRE(*next > fixture.now);  // no busy loop
    fixture.now = *next;
    fixture.pool.on_time(fixture.now);
  }
  fixture.now = until;
}

}  // namespace

TEST_CASE("queries wait for a resolver that restarts, which is tried with backoff", "[pool]") {
  PoolFixture fixture;
  Asker asker(fixture);
  have_answered(fixture, asker);
  (void)asker.ask(query(1, "www.example.net"));
  fixture.end(0);
  refuse_until(fixture, fixture.now + 1099ms);
  // After the first one at 0, 100, 300 and 700 ms, and then every 400 ms.
  CHECK(fixture.upstream.opened.size() == 5);
  CHECK(fixture.upstream.states == "0 up, 0 lost, 0 unreachable, ");
  CHECK(asker.failures.empty());
  CHECK_FALSE(asker.ask(query(2, "other.example.net")));
  fixture.pass(1ms);
  fixture.connect_all();
  for (std::size_t i = 0; i < 2; ++i) {
    for (const auto& sent : fixture.queries(i)) fixture.reply(i, answer_to(sent));
  }
  CHECK(asker.answers.size() == 2);
  CHECK(fixture.upstream.states == "0 up, 0 lost, 0 unreachable, 0 up, ");
}

TEST_CASE("a resolver that is away fails queries at once, and is found when it is back", "[pool]") {
  const bool worked = GENERATE(true, false);
  PoolFixture fixture;
  Asker asker(fixture);
  if (worked) {
    have_answered(fixture, asker);
    fixture.end(0);
  }
  const auto began = fixture.now;
  CHECK_FALSE(asker.ask(query(1, "www.example.net")));
  refuse_until(fixture, began + (worked ? 1499ms : 1ms));
  CHECK(asker.failures.size() == (worked ? 0 : 1));  // who has never been there may not come at all
  refuse_until(fixture, began + 1500ms);
  CHECK(asker.failures == Failures{{1, QueryFailure::unreachable}});
  CHECK(fixture.pool.pending() == 0);
  for (unsigned i = 2; i < 10; ++i) {
    CHECK(asker.ask(query(i, "www.example.net")) == QueryFailure::unreachable);
    refuse_until(fixture, fixture.now + 1s);
  }
  CHECK(fixture.counters.upstream.failed_fast.value() == 9);
  // Nobody has to ask for it to be found.
  const auto back = fixture.now;
  while (fixture.pool.connected() == 0) {
    REQUIRE(fixture.pool.next_deadline());
    fixture.now = *fixture.pool.next_deadline();
    fixture.pool.on_time(fixture.now);
    fixture.connect_all();
  }
  CHECK(fixture.now - back < 500ms);
  CHECK_FALSE(asker.ask(query(3, "www.example.net")));
  fixture.reply(0, answer_to(fixture.queries(0).at(0)));
  CHECK(asker.answers.size() == 1);
}

TEST_CASE("a resolver that is not there yet is waited for where that is wanted", "[pool]") {
  UpstreamSettings settings;
  settings.first_grace = 1500ms;
  PoolFixture fixture(settings);
  Asker asker(fixture);
  CHECK_FALSE(asker.ask(query(1, "www.example.net")));
  refuse_until(fixture, fixture.now + 1099ms);
  CHECK(asker.failures.empty());
  fixture.pass(1ms);
  fixture.connect_all();
  fixture.reply(0, answer_to(fixture.queries(0).at(0)));
  CHECK(asker.answers.size() == 1);
}

TEST_CASE("a resolver that is away is looked for only while somebody asks", "[pool]") {
  PoolFixture fixture;
  Asker asker(fixture);
  (void)asker.ask(query(1, "www.example.net"));
  refuse_until(fixture, fixture.now + 30s);
  CHECK_FALSE(fixture.pool.next_deadline());
  const auto tries = fixture.upstream.opened.size();
  CHECK(tries < 40);
  // Nothing is known any more: the next query is a try.
  CHECK_FALSE(asker.ask(query(2, "www.example.net")));
  CHECK(fixture.upstream.opened.size() == tries + 1);
  SECTION("that fails") {
    fixture.end(0, "connection refused");
    CHECK(asker.failures.size() == 2);
  }
  SECTION("that works") {
    fixture.connect_all();
    fixture.reply(0, answer_to(fixture.queries(0).at(0)));
    CHECK(asker.answers.size() == 1);
  }
}

TEST_CASE("a resolver that drops packets makes only the first queries wait", "[pool]") {
  PoolFixture fixture;
  Asker asker(fixture);
  CHECK_FALSE(asker.ask(query(1, "www.example.net")));
  fixture.pass(3s);
  CHECK(asker.failures == Failures{{1, QueryFailure::unreachable}});
  fixture.pass(100ms);  // a try is under way
  CHECK(fixture.upstream.live() == 1);
  CHECK(asker.ask(query(2, "www.example.net")) == QueryFailure::unreachable);
}

TEST_CASE("a connection that does not come up in time has failed", "[pool]") {
  PoolFixture fixture(two_servers());
  Asker asker(fixture);
  (void)asker.ask(query(1, "www.example.net"));
  fixture.pass(2999ms);
  CHECK(fixture.upstream.opened == std::vector<std::size_t>{0});
  fixture.pass(1ms);
  CHECK(fixture.upstream.closed_by_pool == 1);
  CHECK(fixture.upstream.opened == std::vector<std::size_t>{0, 1});
  fixture.connect_all();
  fixture.reply(0, answer_to(fixture.queries(0).at(0)));
  CHECK(asker.answers.size() == 1);
}

TEST_CASE("a transport that cannot even start is a failed connection", "[pool]") {
  PoolFixture fixture(two_servers());
  Asker asker(fixture);
  fixture.upstream.fail_open = true;
  (void)asker.ask(query(1, "www.example.net"));
  CHECK(fixture.upstream.opened == std::vector<std::size_t>{0, 1});
  fixture.upstream.fail_open = false;
  fixture.pass(100ms);
  fixture.connect_all();
  CHECK_FALSE(asker.ask(query(2, "www.example.net")));
  CHECK(fixture.queries(0).size() == 1);
  CHECK(fixture.upstream.states == "0 unreachable, 1 unreachable, 0 up, ");
}

TEST_CASE("the second server serves while the first is down, and the first takes over again",
          "[pool]") {
  PoolFixture fixture(two_servers());
  Asker asker(fixture);
  (void)asker.ask(query(1, host_of(1)));
  fixture.end(0, "connection refused");
  CHECK(fixture.upstream.opened == std::vector<std::size_t>{0, 1});
  fixture.connect(0);  // the same place, now the second server
  CHECK(fixture.upstream.connections[0].server == 1);
  CHECK(fixture.upstream.states == "0 unreachable, 1 up, ");
  const auto first = fixture.queries(0).at(0);
  // While the first may not be tried again, it is not.
  (void)asker.ask(query(2, host_of(2)));
  CHECK(fixture.upstream.opened.size() == 2);
  fixture.pass(100ms);
  (void)asker.ask(query(3, host_of(3)));
  CHECK(fixture.upstream.opened == std::vector<std::size_t>{0, 1, 0});
  CHECK(fixture.queries(0).size() == 2);  // nobody waited for it
  fixture.connect(1);
  (void)asker.ask(query(4, host_of(4)));
  CHECK(fixture.queries(1).size() == 1);
  fixture.reply(0, answer_to(first));
  CHECK(asker.answers.size() == 1);
  CHECK(fixture.upstream.states == "0 unreachable, 1 up, 0 up, ");
}

TEST_CASE("the second server serves on when the first fails again", "[pool]") {
  PoolFixture fixture(two_servers());
  Asker asker(fixture);
  (void)asker.ask(query(1, host_of(1)));
  fixture.end(0, "connection refused");
  fixture.connect(0);
  fixture.pass(100ms);
  (void)asker.ask(query(2, host_of(2)));
  fixture.connect(1);
  (void)fixture.queries(0);
  (void)asker.ask(query(3, host_of(3)));
  CHECK(fixture.queries(1).size() == 1);
  fixture.end(1, "end of stream");  // before any answer: that is no server
  CHECK(fixture.queries(0).size() == 1);
  (void)asker.ask(query(4, host_of(4)));
  CHECK(fixture.queries(0).size() == 1);
  CHECK(fixture.upstream.states == "0 unreachable, 1 up, 0 up, 0 unreachable, ");
}

TEST_CASE("a server at its limit of connections goes on with those that it has", "[pool]") {
  UpstreamSettings settings = two_servers();
  settings.in_flight_per_connection = 2;
  PoolFixture fixture(settings);
  Asker asker(fixture);
  (void)asker.ask(query(9, host_of(9)));
  fixture.connect(0);
  fixture.reply(0, answer_to(fixture.queries(0).at(0)));
  for (unsigned i = 0; i < 4; ++i) (void)asker.ask(query(i, host_of(i)));
  fixture.end(1, "connection refused");
  CHECK(fixture.upstream.opened == std::vector<std::size_t>{0, 0});
  CHECK(fixture.upstream.states == "0 up, ");
  for (const auto& sent : fixture.queries(0)) fixture.reply(0, answer_to(sent));
  for (const auto& sent : fixture.queries(0)) fixture.reply(0, answer_to(sent));
  CHECK(asker.answers.size() == 5);
  CHECK(asker.failures.empty());
  // It is tried again when there is need, after a while.
  for (unsigned i = 0; i < 3; ++i) (void)asker.ask(query(i, host_of(i)));
  CHECK(fixture.upstream.opened.size() == 2);
  CHECK(fixture.pool.next_deadline() == fixture.now + 100ms);
  fixture.pass(100ms);
  CHECK(fixture.upstream.opened == std::vector<std::size_t>{0, 0, 0});
}

TEST_CASE("a server that accepts and never answers is left for the next one", "[pool]") {
  PoolFixture fixture(two_servers());
  Asker asker(fixture);
  std::size_t served_by_second = 0;
  for (unsigned i = 0; i < 40; ++i) {
    (void)asker.ask(query(i, host_of(i)));
    fixture.connect_all();
    for (std::size_t c = 0; c < 8; ++c) {
      if (!fixture.upstream.connections[c].live || fixture.upstream.connections[c].server != 1) {
        continue;
      }
      for (const auto& sent : fixture.queries(c)) {
        fixture.reply(c, answer_to(sent));
        ++served_by_second;
      }
    }
    fixture.pass(1s);
  }
  // Those of the first seconds may fail; after that everybody is served, at worst by a second try.
  CHECK(asker.failures.size() <= 8);
  CHECK(asker.answers.size() == served_by_second);
  CHECK(asker.answers.size() + asker.failures.size() + asker.in_flight() == 40);
  CHECK(asker.in_flight() <= 5);
  CHECK(fixture.upstream.states == "0 up, 0 unreachable, 1 up, ");
}

TEST_CASE("new settings close all connections, and what they owe is asked again", "[pool]") {
  PoolFixture fixture(two_servers());
  Asker asker(fixture);
  {
    Asker gone(fixture);
    for (unsigned i = 10; i < 15; ++i) (void)gone.ask(query(i, host_of(i)));
    fixture.connect(0);
  }
  for (unsigned i = 0; i < 6; ++i) (void)asker.ask(query(i, host_of(i)));
  (void)fixture.queries(0);
  auto settings = two_servers();
  settings.servers = 1;
  settings.connections = 2;
  settings.in_flight_per_connection = 4;
  fixture.pool.set(settings, fixture.now);
  fixture.pool.flush();
  CHECK(fixture.upstream.closed_by_pool == 1);
  CHECK(fixture.pool.pending() == 6);
  CHECK(fixture.upstream.opened == std::vector<std::size_t>{0, 0, 0});
  fixture.connect_all();
  for (std::size_t i = 0; i < 2; ++i) {
    for (const auto& sent : fixture.queries(i)) fixture.reply(i, answer_to(sent));
  }
  CHECK(asker.answers.size() == 6);
  CHECK(fixture.pool.pending() == 0);
  CHECK_FALSE(fixture.upstream.misused());
}

TEST_CASE("new settings find a resolver that was away", "[pool]") {
  PoolFixture fixture;
  Asker asker(fixture);
  have_answered(fixture, asker);
  (void)asker.ask(query(1, host_of(1)));
  fixture.end(0);
  fixture.end(0, "connection refused");
  fixture.pool.set({}, fixture.now);  // a new start: no backoff
  fixture.connect_all();
  fixture.reply(0, answer_to(fixture.queries(0).at(0)));
  CHECK(asker.answers.size() == 1);
}

TEST_CASE("the pool never asks to be called in the past and does nothing when idle", "[pool]") {
  UpstreamSettings settings = two_servers();
  settings.connections = 2;
  settings.in_flight_per_connection = 2;
  settings.waiting = 10;
  PoolFixture fixture(settings);
  Asker asker(fixture);
  std::mt19937 random(5);
  for (int step = 0; step < 50'000; ++step) {
    const auto index = random() % 2;
    auto& connection = fixture.upstream.connections[index];
    switch (random() % 6) {
      case 0:
      case 1:
        (void)asker.ask(query(1, host_of(static_cast<unsigned>(random() % 100))));
        break;
      case 2:
        if (connection.live && !connection.connected) fixture.connect(index);
        break;
      case 3:
        if (connection.live && random() % 4 == 0) fixture.end(index);
        break;
      case 4:
        if (connection.live && connection.connected) {
          for (const auto& sent : fixture.queries(index)) fixture.reply(index, answer_to(sent));
        }
        break;
      default:
        if (const auto next = fixture.pool.next_deadline()) {
          fixture.now = std::max(fixture.now, *next);
          fixture.pool.on_time(fixture.now);
          fixture.pool.flush();
          const auto after = fixture.pool.next_deadline();
          REQUIRE((!after || *after > fixture.now));
        }
    }
    REQUIRE_FALSE(fixture.upstream.misused());
    REQUIRE(asker.in_flight() <= fixture.pool.pending());
  }
  asker.answers.clear();
  for (int i = 0; i < 100 && fixture.pool.next_deadline(); ++i) {
    fixture.now = std::max(fixture.now, *fixture.pool.next_deadline());
    fixture.pool.on_time(fixture.now);
    fixture.pool.flush();
  }
  CHECK_FALSE(fixture.pool.next_deadline());
  CHECK(fixture.pool.pending() == 0);
}
