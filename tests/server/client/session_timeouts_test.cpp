// SPDX-License-Identifier: GPL-3.0-or-later
//
// How long a session may take over its handshake, between queries and over a write.
#include <catch2/catch.hpp>

#include "support/dot_client.hpp"

using namespace mooring;
using namespace mooring::server;
using namespace mooring::test;

TEST_CASE("a handshake that does not end is closed", "[session]") {
  WorkerFixture worker;
  DotClient silent(worker);
  worker.pass_time(5s);
  DotClient later(worker);
  worker.pass_time(4999ms);
  CHECK_FALSE(silent.closed);
  worker.pass_time(1ms);
  CHECK(silent.closed);
  CHECK_FALSE(later.closed);
  CHECK(worker.counters.connections.closed_handshake_timeout.value() == 1);
  later.shake_hands();
  worker.pass_time(5s);
  CHECK_FALSE(later.closed);
}

TEST_CASE("idleness ends with whole messages only", "[session]") {
  WorkerFixture worker;
  DotClient idle(worker), trickler(worker), busy(worker);
  idle.shake_hands();
  trickler.shake_hands();
  busy.shake_hands();
  for (std::size_t second = 0; second < 60; ++second) {
    trickler.send(Octets{std::byte{0xff}}, SIZE_MAX);  // never a whole message
    if (second % 10 == 0) {
      busy.ask(query(1, host_of(1)));
      worker.answer_all();
    }
    CHECK_FALSE(trickler.closed);
    worker.pass_time(1s);
  }
  CHECK(idle.closed);
  CHECK(idle.mode == CloseMode::after_sending);
  (void)idle.read();
  CHECK(idle.tls().state() == tlsext::SessionState::peer_closed);
  CHECK(trickler.closed);
  CHECK_FALSE(busy.closed);
  CHECK(worker.counters.connections.closed_idle.value() == 2);
}

TEST_CASE("a shorter timeout does not keep later sessions from reaching theirs", "[session]") {
  SessionSettings settings;
  settings.handshake_timeout = settings.idle_timeout = settings.write_timeout = 60s;
  WorkerFixture worker(settings);
  SECTION("of idleness") {
    DotClient earlier(worker), later(worker);
    earlier.shake_hands();
    settings.idle_timeout = 2s;
    worker.group.set(settings, worker.now);
    later.shake_hands();
    worker.pass_time(1999ms);
    CHECK_FALSE(earlier.closed);
    CHECK_FALSE(later.closed);
    worker.pass_time(1ms);
    CHECK(earlier.closed);
    CHECK(later.closed);
    CHECK(worker.counters.connections.closed_idle.value() == 2);
  }
  SECTION("of handshakes") {
    DotClient earlier(worker);
    settings.handshake_timeout = 2s;
    worker.group.set(settings, worker.now);
    DotClient later(worker);
    CHECK(worker.group.next_deadline() == worker.now + 2s);
    worker.pass_time(2s);
    CHECK(earlier.closed);
    CHECK(later.closed);
  }
  SECTION("of writes") {
    DotClient earlier(worker), later(worker);
    for (auto* const client : {&earlier, &later}) {
      client->shake_hands();
      client->stalled = true;
    }
    earlier.ask(query(1, host_of(1)));
    worker.answer_all();
    settings.write_timeout = 2s;
    worker.group.set(settings, worker.now);
    later.ask(query(2, host_of(2)));
    worker.answer_all();
    worker.pass_time(2s);
    CHECK(earlier.closed);
    CHECK(later.closed);
    CHECK(worker.counters.connections.closed_write_timeout.value() == 2);
  }
  SECTION("and a longer one ends nobody later than was said") {
    DotClient earlier(worker), later(worker);
    earlier.shake_hands();
    settings.idle_timeout = 90s;
    worker.group.set(settings, worker.now);
    later.shake_hands();
    worker.pass_time(60s);
    CHECK(earlier.closed);
    CHECK_FALSE(later.closed);
    worker.pass_time(30s);
    CHECK(later.closed);
  }
}

TEST_CASE("a session is not idle while it is owed an answer", "[session]") {
  SessionSettings settings;
  settings.idle_timeout = 2s;
  WorkerFixture worker(settings);
  DotClient client(worker);
  client.shake_hands();
  client.ask(query(1, host_of(1)));
  worker.turn();
  worker.connect_all();
  worker.pass_time(3s);
  CHECK_FALSE(client.closed);
  worker.answer_all();
  CHECK(client.read().size() == 1);
  worker.pass_time(2s);
  CHECK(client.closed);
}
