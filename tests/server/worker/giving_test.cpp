// SPDX-License-Identifier: GPL-3.0-or-later
//
// A client's conversation goes on with another worker, wherever it stands.
#include <catch2/catch.hpp>

#include "support/giving_side.hpp"

using namespace mooring;
using namespace mooring::server;
using namespace mooring::test;
using namespace std::chrono_literals;

namespace {

const Endpoint kClient = *Endpoint::parse("198.51.100.7:40007");

/// A client whose handshake is done.
MovingClient open_client(GivingSide& side, tlsext::Version version = tlsext::Version::tls13,
                         const Endpoint& from = kClient) {
  MovingClient client(side.loop.arrive(from), version);
  client.run(side.loop);
  REQUIRE(client.state() == tlsext::SessionState::open);
  return client;
}

/// Asks and is answered.
void converse(GivingSide& side, MovingClient& client, unsigned id) {
  client.ask(query(id, host_of(id)));
  client.run(side.loop);
  CHECK(side.answer() == 1);
  client.read();
  CHECK(client.ids() == std::vector<unsigned>{id});
}

}  // namespace

TEST_CASE("a quiet session goes on with another worker", "[giving]") {
  const auto version = GENERATE(tlsext::Version::tls12, tlsext::Version::tls13);
  GivingSide one;
  GivingSide other;
  MovingClient client = open_client(one, version);
  converse(one, client, 1);
  std::vector<Parcel> parcels = one.give(GiveWhich::quiet);
  REQUIRE(parcels.size() == 1);
  CHECK(one.observer.last_tag == 7);
  CHECK(one.observer.remaining.total() == 0);
  CHECK(one.limits.connections() == 0);
  CHECK_FALSE(client.peer->closed);
  other.take(std::move(parcels));
  CHECK(other.observer.taken.sessions == 1);
  CHECK(other.observer.last_tag == 8);
  CHECK(other.limits.connections() == 1);
  converse(other, client, 2);
  client.close();
  client.run(other.loop);
  CHECK(client.peer->shut);
  CHECK(one.connections().given.value() == 1);
  CHECK(other.connections().taken.value() == 1);
  CHECK(other.connections().closed_by_client.value() == 1);
  CHECK(one.worker.counters().traffic.clients.answers_dropped.value() == 0);
}

TEST_CASE("queries in flight are asked again by whoever takes them, and answered once",
          "[giving]") {
  GivingSide one;
  GivingSide other;
  MovingClient client = open_client(one);
  converse(one, client, 1);  // there is a connection to the resolver now
  for (const unsigned id : {7U, 8U, 9U}) client.ask(edns_query(id, host_of(id)));
  client.run(one.loop);
  CHECK(one.give(GiveWhich::quiet).empty());
  CHECK(one.observer.remaining.busy == 1);
  other.take(one.give());
  CHECK(one.answer() == 3);
  client.read();
  CHECK(client.ids().empty());
  CHECK(other.answer() == 3);
  client.read();
  CHECK(client.ids() == std::vector<unsigned>{7, 8, 9});
  CHECK(one.worker.counters().traffic.clients.answers_dropped.value() == 0);
}

TEST_CASE("a session goes on wherever a record is cut, and wherever a message is", "[giving]") {
  const auto version = GENERATE(tlsext::Version::tls12, tlsext::Version::tls13);
  GivingSide one;
  GivingSide other;
  MovingClient client = open_client(one, version);
  GivingSide* here = &one;
  GivingSide* there = &other;
  // Two queries, each in a record of its own.
  for (std::size_t cut = 0;; ++cut) {
    CAPTURE(cut);
    client.ask(query(1, "a.example"));
    client.ask(query(2, "b.example"));
    if (cut > client.unsent()) break;
    client.send(cut);
    here->loop.turn();
    there->take(here->give());
    REQUIRE(there->observer.taken.sessions == 1);
    client.run(there->loop);
    (void)here->answer();  // too late
    REQUIRE(there->answer() == 2);
    client.read();
    REQUIRE(client.ids() == std::vector<unsigned>{1, 2});
    std::swap(here, there);
  }
}

TEST_CASE("an answer that its client does not read goes on octet by octet", "[giving]") {
  GivingSide one;
  GivingSide other;
  MovingClient client = open_client(one);
  client.ask(query(5, "large.example"));
  client.ask(query(6, "large.example"));
  client.run(one.loop);
  client.peer->room = 1000;
  CHECK(one.answer(60'000) == 2);
  CHECK(client.peer->kept.size() > 100'000);
  CHECK(one.give(GiveWhich::quiet).empty());
  other.take(one.give());
  CHECK(other.observer.remaining.total() == 0);
  client.peer->take(50'000);
  client.read();
  CHECK(other.give(GiveWhich::quiet).empty());
  CHECK(other.observer.remaining.busy == 1);
  one.take(other.give());
  client.peer->take(SIZE_MAX);
  client.peer->room = SIZE_MAX;
  client.run(one.loop);
  CHECK(client.ids() == std::vector<unsigned>{5, 6});
  converse(one, client, 7);
}

TEST_CASE("a client that reads nothing is closed by whoever has it then", "[giving]") {
  GivingSide one;
  GivingSide other;
  MovingClient client = open_client(one);
  client.ask(query(5, "large.example"));
  client.run(one.loop);
  client.peer->room = 0;
  CHECK(one.answer(60'000) == 1);
  other.take(one.give());
  other.loop.advance(11s);
  other.loop.turn();
  CHECK(client.peer->closed);
  CHECK(other.connections().closed_write_timeout.value() == 1);
}

TEST_CASE("500 hand-overs in one conversation", "[giving]") {
  const auto version = GENERATE(tlsext::Version::tls12, tlsext::Version::tls13);
  GivingSide one;
  GivingSide other;
  MovingClient client = open_client(one, version);
  GivingSide* here = &one;
  GivingSide* there = &other;
  for (unsigned i = 0; i < 500; ++i) {
    CAPTURE(i);
    client.ask(query(i, host_of(i)));
    if (i % 3 != 0) client.send(i % client.unsent());
    here->loop.turn();
    if (i % 4 == 0) client.run(here->loop);
    there->take(here->give());
    REQUIRE(there->observer.taken.sessions == 1);
    client.run(there->loop);
    (void)here->answer();  // too late
    REQUIRE(there->answer(i % 5 == 0 ? 5'000 : 0) == 1);
    client.read();
    REQUIRE(client.ids() == std::vector<unsigned>{i});
    std::swap(here, there);
  }
  CHECK(one.connections().given.value() == 250);
  CHECK(other.connections().taken.value() == 250);
}

TEST_CASE("a worker takes back what nobody wanted", "[giving]") {
  GivingSide one;
  MovingClient client = open_client(one);
  converse(one, client, 1);
  client.ask(query(5, "a.example"));
  client.run(one.loop);
  one.take(one.give());
  CHECK(one.observer.taken.sessions == 1);
  client.run(one.loop);
  // Asked twice, since nobody knew whether it would come back; answered once.
  CHECK(one.answer() == 2);
  client.read();
  CHECK(client.ids() == std::vector<unsigned>{5});
  CHECK(one.limits.connections() == 1);
}

TEST_CASE("a session that has a fault, and is about to end, ends where it has come to",
          "[giving]") {
  GivingSide one;
  GivingSide other;
  MovingClient client = open_client(one);
  std::vector<Parcel> parcels;
  // Between the input and the end of the turn, which would have ended it.
  const auto give = [&] { parcels = one.give(); };
  one.loop.at_end_of_turn(give);
  client.ask(query(1, "a.example"));
  client.ask(MessageWriter().header(2, 0x8000, 0));  // a response
  client.send();
  one.loop.turn();
  REQUIRE(parcels.size() == 1);
  other.take(std::move(parcels));
  client.run(other.loop);
  CHECK(other.answer() == 1);
  client.read();
  CHECK(client.ids() == std::vector<unsigned>{1});
  CHECK(client.state() == tlsext::SessionState::peer_closed);
  CHECK(other.connections().closed_malformed.value() == 1);
}

TEST_CASE("the idle timeout runs on where a session goes on", "[giving]") {
  GivingSide one;
  GivingSide other;
  MovingClient quiet = open_client(one);
  one.loop.advance(30s);
  MovingClient later =
      open_client(one, tlsext::Version::tls13, *Endpoint::parse("[2001:db8::7]:5"));
  one.loop.advance(20s);
  other.take(one.give());
  CHECK(other.observer.taken.sessions == 2);
  other.loop.advance(9s);
  quiet.run(other.loop);
  CHECK(quiet.state() == tlsext::SessionState::open);
  other.loop.advance(2s);
  quiet.run(other.loop);
  CHECK(quiet.state() == tlsext::SessionState::peer_closed);
  CHECK(other.connections().closed_idle.value() == 1);
  converse(other, later, 3);
  other.loop.advance(59s);
  later.run(other.loop);
  CHECK(later.state() == tlsext::SessionState::open);
  other.loop.advance(2s);
  later.run(other.loop);
  CHECK(later.state() == tlsext::SessionState::peer_closed);
}

TEST_CASE("shorter timeouts are for sessions from elsewhere as well", "[giving]") {
  GivingSide one;
  GivingSide other;
  MovingClient client = open_client(one);
  other.take(one.give());
  WorkerSettings shorter = GivingSide::settings();
  shorter.sessions.idle_timeout = 5s;
  other.worker.set_settings(shorter);
  other.loop.turn();
  other.loop.advance(4s);
  client.run(other.loop);
  CHECK(client.state() == tlsext::SessionState::open);
  other.loop.advance(2s);
  client.run(other.loop);
  CHECK(client.state() == tlsext::SessionState::peer_closed);
}

TEST_CASE(
    "with a standing order each session goes when its handshake is done, and its query with it",
    "[giving]") {
  GivingSide front;
  GivingSide back;
  front.worker.give_when_open(StandingOrder{9, IpPrefix::parse("198.51.100.0/24")});
  MovingClient stays = open_client(front, tlsext::Version::tls13, *Endpoint::parse("192.0.2.9:1"));
  CHECK(front.observer.parcels.empty());
  converse(front, stays, 1);
  MovingClient goes = open_client(front);
  CHECK(front.observer.last_tag == 9);
  CHECK(front.observer.remaining.total() == 0);
  REQUIRE(front.observer.parcels.size() == 1);
  goes.ask(query(2, "b.example"));
  back.take(std::exchange(front.observer.parcels, {}));
  goes.run(back.loop);
  CHECK(back.answer() == 1);
  goes.read();
  CHECK(goes.ids() == std::vector<unsigned>{2});
  // What comes back stays.
  front.take(back.give());
  front.loop.turn();
  CHECK(front.observer.parcels.empty());
  converse(front, goes, 3);
  front.worker.give_when_open({});
  MovingClient later = open_client(front);
  CHECK(front.observer.parcels.empty());
}

TEST_CASE("a query that comes with the end of the handshake is asked by whoever takes the session",
          "[giving]") {
  GivingSide front;
  GivingSide back;
  front.worker.give_when_open(StandingOrder{});
  MovingClient client(front.loop.arrive(kClient));
  client.send();
  front.loop.turn();
  client.read();  // Finished is ready to be sent
  client.ask(query(5, "a.example"));
  client.send();
  front.loop.turn();
  REQUIRE(front.observer.parcels.size() == 1);
  CHECK(front.answer() == 0);  // no resolver was asked here
  back.take(std::exchange(front.observer.parcels, {}));
  CHECK(back.answer() == 1);
  client.run(back.loop);
  CHECK(client.ids() == std::vector<unsigned>{5});
}
