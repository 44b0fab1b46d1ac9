// SPDX-License-Identifier: GPL-3.0-or-later
//
// Connections whose sessions sleep: by time, by octets, and on their way to another worker.
#include <catch2/catch.hpp>

#include "support/giving_side.hpp"

using namespace mooring;
using namespace mooring::server;
using namespace mooring::test;
using namespace std::chrono_literals;

namespace {

const Endpoint kClient = *Endpoint::parse("198.51.100.7:40007");

WorkerSettings sleepy(Milliseconds after = 2s) {
  WorkerSettings out = GivingSide::settings();
  out.sessions.sleep_after = after;
  return out;
}

/// A client whose handshake is done.
MovingClient open_client(GivingSide& side, tlsext::Version version = tlsext::Version::tls13) {
  MovingClient client(side.loop.arrive(kClient), version);
  client.run(side.loop);
  REQUIRE(client.state() == tlsext::SessionState::open);
  return client;
}

std::uint64_t asleep(const GivingSide& side) {
  return side.connections().slept.value() - side.connections().woken.value();
}

/// Asks, and whether that is answered.
bool answers(GivingSide& side, MovingClient& client, unsigned id) {
  client.ask(query(id, host_of(id)));
  client.run(side.loop);
  if (side.answer() != 1) return false;
  client.read();
  return client.ids() == std::vector<unsigned>{id};
}

}  // namespace

TEST_CASE("a worker's connections fall asleep by its timer and are woken by octets", "[worker]") {
  GivingSide side(sleepy());
  MovingClient client = open_client(side, GENERATE(tlsext::Version::tls12, tlsext::Version::tls13));
  for (unsigned id = 1; id < 20; ++id) {
    side.loop.advance(1999ms);
    REQUIRE(asleep(side) == 0);
    side.loop.advance(1ms);
    REQUIRE(asleep(side) == 1);
    REQUIRE(answers(side, client, id));
    REQUIRE(asleep(side) == 0);
  }
  CHECK(side.limits.connections() == 1);
}

TEST_CASE("a connection that ends asleep is seen to its end", "[worker]") {
  GivingSide side(sleepy());
  MovingClient client = open_client(side);
  side.loop.advance(2s);
  REQUIRE(asleep(side) == 1);
  SECTION("by its idle timeout") {
    side.loop.advance(58s);
    CHECK(side.connections().closed_idle.value() == 1);
  }
  SECTION("by the client's FIN") {
    client.peer->finish();
    side.loop.turn();
    CHECK(side.connections().closed_by_client.value() == 1);
  }
  SECTION("by the end of service") {
    side.worker.drain(5s);
    side.loop.turn();
    CHECK(side.connections().closed_drained.value() == 1);
  }
  client.read();
  CHECK(client.state() == tlsext::SessionState::peer_closed);
  client.peer->finish();
  side.loop.advance(2s);
  CHECK(client.peer->closed);
  CHECK(side.limits.connections() == 0);
  CHECK(asleep(side) == 0);
}

TEST_CASE("a reset ends a sleeping connection without a word", "[worker]") {
  GivingSide side(sleepy());
  const MovingClient client = open_client(side);
  side.loop.advance(2s);
  client.peer->sent.clear();
  client.peer->reset();
  side.loop.turn();
  CHECK(client.peer->closed);
  CHECK(client.peer->sent.empty());
  CHECK(side.limits.connections() == 0);
}

TEST_CASE("another context is what sleepers wake under", "[worker]") {
  GivingSide side(sleepy());
  MovingClient client = open_client(side);
  side.loop.advance(2s);
  side.worker.set_context(server_context(server_settings()));
  CHECK(answers(side, client, 1));
}

TEST_CASE("a sleeping session is given away as it is, and goes on with another worker",
          "[giving]") {
  GivingSide one(sleepy());
  GivingSide other(sleepy());
  MovingClient client = open_client(one, GENERATE(tlsext::Version::tls12, tlsext::Version::tls13));
  REQUIRE(answers(one, client, 1));
  one.loop.advance(2s);
  REQUIRE(asleep(one) == 1);
  SECTION("with a part of a record") {
    client.ask(query(2, host_of(2)));
    client.send(9);
    one.loop.turn();
    one.loop.advance(2s);
    REQUIRE(asleep(one) == 1);
  }
  SECTION("between records") {}
  CHECK(one.give(GiveWhich::quiet, 100, IpPrefix::parse("192.0.2.0/24")).empty());
  auto parcels = one.give(GiveWhich::quiet, 100, IpPrefix::parse("198.51.100.0/24"));
  REQUIRE(parcels.size() == 1);
  CHECK(one.limits.connections() == 0);
  CHECK(asleep(one) == 0);
  CHECK_FALSE(client.peer->closed);
  other.take(std::move(parcels));
  REQUIRE(other.observer.taken.sessions == 1);
  CHECK(asleep(other) == 1);
  if (client.unsent() != 0) {
    client.run(other.loop);
    CHECK(other.answer() == 1);
    client.read();
    CHECK(client.ids() == std::vector<unsigned>{2});
  }
  CHECK(answers(other, client, 3));
  other.loop.advance(2s);
  CHECK(asleep(other) == 1);
}

TEST_CASE("a session that comes from elsewhere falls asleep too, and keeps its idle time",
          "[giving]") {
  GivingSide one(sleepy(0s));
  GivingSide other(sleepy());
  MovingClient client = open_client(one);
  one.loop.advance(30s);
  other.take(one.give());
  other.loop.advance(2s);
  REQUIRE(asleep(other) == 1);
  other.loop.advance(27s);
  CHECK(other.connections().closed_idle.value() == 0);
  other.loop.advance(2s);
  CHECK(other.connections().closed_idle.value() == 1);
}

TEST_CASE("a sleeping session is awake with a worker whose sessions do not sleep", "[giving]") {
  GivingSide one(sleepy());
  GivingSide other(sleepy(0s));
  MovingClient client = open_client(one);
  one.loop.advance(2s);
  other.take(one.give());
  CHECK(other.connections().slept.value() == 0);
  CHECK(answers(other, client, 1));
}

TEST_CASE("a sleeping session that sleeps on elsewhere keeps its idle time", "[giving]") {
  GivingSide one(sleepy());
  GivingSide other(sleepy());
  MovingClient client = open_client(one);
  one.loop.advance(30s);
  other.take(one.give());
  REQUIRE(asleep(other) == 1);
  other.loop.advance(29s);
  CHECK(other.connections().closed_idle.value() == 0);
  other.loop.advance(2s);
  CHECK(other.connections().closed_idle.value() == 1);
}

TEST_CASE("a sleeping session that cannot be given away stays", "[giving]") {
  GivingSide side(sleepy());
  MovingClient client = open_client(side);
  side.loop.advance(2s);
  client.peer->releases = false;
  CHECK(side.give().empty());
  CHECK(side.limits.connections() == 1);
  CHECK(answers(side, client, 1));
}
