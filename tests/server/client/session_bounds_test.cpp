// SPDX-License-Identifier: GPL-3.0-or-later
//
// How much one client may have in flight, and waiting for it to read.
#include <catch2/catch.hpp>

#include "support/dot_client.hpp"

using namespace mooring;
using namespace mooring::server;
using namespace mooring::test;

TEST_CASE("queries above the bound of one client wait, and none is lost", "[session]") {
  SessionSettings settings;
  settings.max_in_flight = 10;
  WorkerFixture worker(settings);
  DotClient client(worker), other(worker);
  client.shake_hands();
  other.shake_hands();
  client.send(queries_framed(95), SIZE_MAX);
  CHECK_FALSE(client.reading);
  worker.turn();
  CHECK(worker.pool.pending() == 10);
  other.ask(query(1, host_of(1)));
  std::size_t rounds = 0, got = 0;
  while (got < 95 && rounds < 20) {
    worker.answer_all();
    CHECK(worker.pool.pending() <= 10);
    for (const auto& answer : client.read()) {
      CHECK(answer == answer_to(query(id_of(answer), host_of(id_of(answer)))));
      ++got;
    }
    ++rounds;
  }
  CHECK(got == 95);
  CHECK(rounds == 10);
  CHECK(other.read().size() == 1);
  CHECK(client.reading);
  CHECK(worker.buffers.octets_in_use() == 0);
  CHECK_FALSE(client.misused);
}

TEST_CASE("a client that does not read is not read from, and goes on when it reads", "[session]") {
  SessionSettings settings;
  settings.max_waiting_octets = 10'000;
  WorkerFixture worker(settings);
  DotClient client(worker), other(worker);
  client.shake_hands();
  other.shake_hands();
  client.stalled = true;
  client.send(queries_framed(12), SIZE_MAX);
  answer_big(worker, 1000);
  CHECK_FALSE(client.reading);
  // Others do not notice.
  other.ask(query(1, host_of(1)));
  worker.answer_all();
  CHECK(other.read().size() == 1);
  const auto writes = client.writes;
  client.unstall();
  worker.turn();
  CHECK(client.reading);
  CHECK(client.read().size() == 12);
  CHECK(client.writes == writes);
  CHECK_FALSE(client.misused);
}

TEST_CASE("answers for a client that does not read gather until it does", "[session]") {
  WorkerFixture worker;
  DotClient client(worker);
  client.shake_hands();
  client.stalled = true;
  for (unsigned i = 0; i < 10; ++i) {
    client.ask(query(i, host_of(i)));
    worker.answer_all();
  }
  const auto writes = client.writes;
  client.unstall();
  worker.turn();
  CHECK(client.writes == writes + 1);
  CHECK(client.read().size() == 10);
}

TEST_CASE("a client that asks much and never reads is closed", "[session]") {
  SECTION("by the bound on what waits") {
    SessionSettings settings;
    settings.max_waiting_octets = 2'500;
    WorkerFixture worker(settings);
    DotClient client(worker);
    client.shake_hands();
    client.stalled = true;
    client.send(queries_framed(1), SIZE_MAX);
    answer_big(worker, 1000);
    client.send(queries_framed(90), SIZE_MAX);
    answer_big(worker, 1000);
    CHECK(client.closed);
    CHECK(client.mode == CloseMode::at_once);
    CHECK(worker.counters.connections.closed_overfull.value() == 1);
    CHECK(worker.buffers.octets_in_use() == 0);
  }
  SECTION("by the time that a write takes") {
    WorkerFixture worker;
    DotClient client(worker);
    client.shake_hands();
    client.stalled = true;
    client.ask(query(1, host_of(1)));
    worker.answer_all();
    worker.pass_time(9s);
    CHECK_FALSE(client.closed);
    CHECK(worker.group.next_deadline() == worker.now + 1s);
    worker.pass_time(1s);
    CHECK(client.closed);
    CHECK(worker.counters.connections.closed_write_timeout.value() == 1);
  }
}

TEST_CASE("what the kernel has taken does not count against a slow client", "[session]") {
  SessionSettings settings;
  settings.max_waiting_octets = 2'500;
  WorkerFixture worker(settings);
  DotClient client(worker);
  client.shake_hands();
  client.send(queries_framed(1), SIZE_MAX);
  client.stalled = true;
  answer_big(worker, 30'000);
  SECTION("by octets") {
    client.send(queries_framed(12), SIZE_MAX);
    client.unsent = 100;
    answer_big(worker, 1'000);
    CHECK_FALSE(client.closed);
    CHECK(worker.counters.connections.closed_overfull.value() == 0);
  }
  SECTION("by time") {
    for (int i = 0; i < 5; ++i) {
      worker.pass_time(9s);
      client.unsent -= 1'000;
      worker.pass_time(1s);
      CHECK_FALSE(client.closed);
    }
    worker.pass_time(10s);
    CHECK(client.closed);
    CHECK(worker.counters.connections.closed_write_timeout.value() == 1);
  }
}
