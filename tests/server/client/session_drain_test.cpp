// SPDX-License-Identifier: GPL-3.0-or-later
//
// How sessions end when their worker does.
#include <catch2/catch.hpp>

#include "support/dot_client.hpp"

using namespace mooring;
using namespace mooring::server;
using namespace mooring::test;

TEST_CASE("a worker that ends answers what it has and takes nothing new", "[session]") {
  WorkerFixture worker;
  DotClient asking(worker), idle(worker), young(worker);
  asking.shake_hands();
  idle.shake_hands();
  asking.send(queries_framed(3), SIZE_MAX);
  worker.turn();
  worker.connect_all();
  worker.group.begin_drain();
  worker.turn();
  CHECK(young.closed);
  CHECK(idle.closed);
  CHECK_FALSE(asking.closed);
  CHECK_FALSE(asking.reading);
  worker.answer_all();
  CHECK(asking.read().size() == 3);
  CHECK(asking.closed);
  CHECK(asking.tls().state() == tlsext::SessionState::peer_closed);
  CHECK(worker.group.size() == 0);
  CHECK_FALSE(worker.group.next_deadline());
  CHECK(worker.counters.connections.closed_drained.value() == 3);
}

TEST_CASE("a worker that must end closes everybody politely", "[session]") {
  WorkerFixture worker;
  DotClient asking(worker), young(worker);
  asking.shake_hands();
  asking.send(queries_framed(3), SIZE_MAX);
  worker.turn();
  worker.group.close_all();
  (void)asking.read();
  CHECK(asking.tls().state() == tlsext::SessionState::peer_closed);
  CHECK(young.closed);
  CHECK(worker.group.size() == 0);
}
