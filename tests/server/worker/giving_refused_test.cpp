// SPDX-License-Identifier: GPL-3.0-or-later
//
// Sessions that stay where they are, and parcels that nobody can go on with.
#include <catch2/catch.hpp>
#include <cstring>

#include "server/worker/parcel_codec.hpp"
#include "support/giving_side.hpp"

using namespace mooring;
using namespace mooring::server;
using namespace mooring::test;
using namespace std::chrono_literals;

namespace {

Endpoint client_number(unsigned number) {
  return *Endpoint::parse("198.51.100." + std::to_string(number) + ":40007");
}

std::vector<MovingClient> open_clients(GivingSide& side, unsigned count) {
  std::vector<MovingClient> out;
  for (unsigned i = 1; i <= count; ++i) {
    out.emplace_back(side.loop.arrive(client_number(i)));
    out.back().run(side.loop);
    REQUIRE(out.back().state() == tlsext::SessionState::open);
  }
  return out;
}

void check_conversation(GivingSide& side, MovingClient& client) {
  client.ask(query(77, "goes.on.example"));
  client.run(side.loop);
  CHECK(side.answer() >= 1);
  client.read();
  CHECK(client.ids() == std::vector<unsigned>{77});
}

}  // namespace

TEST_CASE("an order is for so many sessions, of clients from there, and tells of the others",
          "[giving]") {
  GivingSide side;
  std::vector<MovingClient> clients = open_clients(side, 4);
  clients[2].ask(query(1, "a.example"));
  clients[2].run(side.loop);
  const auto shaking = side.loop.arrive(client_number(9));
  clients[3].close();
  clients[3].send();
  side.loop.turn();
  CHECK(side.give(GiveWhich::any, 0).empty());
  const Remaining all = side.observer.remaining;
  CHECK(all.quiet == 2);
  CHECK(all.busy == 1);
  CHECK(all.handshaking == 1);
  CHECK(all.ending == 1);
  CHECK(all.trouble.empty());
  CHECK(side.give(GiveWhich::any, 100, IpPrefix::parse("192.0.2.0/24")).empty());
  CHECK(side.observer.remaining.total() == 0);
  CHECK(side.give(GiveWhich::any, 100, IpPrefix::parse("198.51.100.2")).size() == 1);
  CHECK(side.give(GiveWhich::quiet, 1).size() == 1);
  CHECK(side.observer.remaining.quiet == 0);
  CHECK(side.observer.remaining.total() == 3);
  CHECK(side.give(GiveWhich::any, 100).size() == 1);
  CHECK(side.observer.remaining.total() == 2);
}

TEST_CASE("a session stays and goes on where no descriptor is left for giving it", "[giving]") {
  GivingSide one;
  GivingSide other;
  std::vector<MovingClient> clients = open_clients(one, 2);
  for (MovingClient& client : clients) client.peer->releases = false;
  clients[0].ask(query(5, "a.example"));
  clients[0].run(one.loop);
  CHECK(one.give().empty());
  CHECK(one.observer.remaining.trouble == "too many open files");
  CHECK(one.observer.remaining.total() == 2);
  CHECK(one.limits.connections() == 2);
  CHECK(one.connections().given.value() == 0);
  one.loop.turn();
  CHECK(one.answer() >= 1);
  clients[0].read();
  CHECK(clients[0].ids() == std::vector<unsigned>{5});
  for (MovingClient& client : clients) {
    check_conversation(one, client);
    client.peer->releases = true;
  }
  other.take(one.give());
  for (MovingClient& client : clients) check_conversation(other, client);
}

TEST_CASE("a session that was not read from when it could not be given is read from again",
          "[giving]") {
  WorkerSettings with = GivingSide::settings();
  with.sessions.max_in_flight = 1;
  GivingSide side(with);
  std::vector<MovingClient> clients = open_clients(side, 1);
  MovingClient& client = clients[0];
  check_conversation(side, client);
  client.ask(query(1, "a.example"));
  client.ask(query(2, "b.example"));
  client.run(side.loop);
  REQUIRE_FALSE(client.peer->reading);
  with.sessions.max_in_flight = 10;  // so that nothing is to be held back any more
  side.worker.set_settings(with);
  client.peer->releases = false;
  CHECK(side.give().empty());
  client.run(side.loop);
  CHECK(side.answer() >= 2);
  client.run(side.loop);
  CHECK(client.ids() == std::vector<unsigned>{1, 2});
  check_conversation(side, client);
}

TEST_CASE("a parcel that is not to be gone on with costs no other one", "[giving]") {
  GivingSide one;
  GivingSide other;
  std::vector<MovingClient> clients = open_clients(one, 4);
  std::vector<Parcel> parcels = one.give();
  REQUIRE(parcels.size() == 4);
  parcels[0].octets.data()[0] = std::byte{2};
  parcels[1].octets.data()[40] ^= std::byte{1};
  std::swap(parcels[2].octets, parcels[3].octets);  // each with the connection of the other one
  parcels.emplace_back();
  other.worker.listen(*Endpoint::parse("[2001:db8::53]:853"), OwnedFd(), 8);
  std::vector<MovingClient> more = open_clients(one, 1);
  for (Parcel& parcel : one.give()) parcels.push_back(std::move(parcel));
  other.take(std::move(parcels));
  CHECK(other.observer.taken.sessions == 1);
  CHECK(other.observer.taken.refused == 5);
  CHECK(other.observer.taken.reason == "a parcel is of another version");
  CHECK(other.connections().taken.value() == 1);
  CHECK(other.connections().taken_refused.value() == 5);
  CHECK(other.limits.connections() == 1);
  check_conversation(other, more[0]);
}

TEST_CASE("parcels are refused, and closed, where no stream can be made", "[giving]") {
  GivingSide one;
  GivingSide other;
  std::vector<MovingClient> clients = open_clients(one, 2);
  std::vector<Parcel> parcels = one.give();
  other.loop.refuses = Error{"not enough memory", 12};
  other.take(std::move(parcels));
  CHECK(other.observer.taken.refused == 2);
  CHECK(other.observer.taken.reason == "not enough memory");
  CHECK(other.limits.connections() == 0);
}

TEST_CASE("a client that leaves while it is moved has left, and nothing is refused", "[giving]") {
  GivingSide one;
  GivingSide other;
  std::vector<MovingClient> clients = open_clients(one, 1);
  std::vector<Parcel> parcels = one.give();
  clients[0].peer->reset();
  other.take(std::move(parcels));
  CHECK(other.observer.taken.sessions == 1);
  CHECK(other.observer.taken.refused == 0);
  CHECK(other.connections().closed_by_client.value() == 1);
  CHECK(other.limits.connections() == 0);
}

TEST_CASE("a client that has said its last word while it was moved is answered", "[giving]") {
  GivingSide one;
  GivingSide other;
  std::vector<MovingClient> clients = open_clients(one, 1);
  std::vector<Parcel> parcels = one.give();
  clients[0].ask(query(1, "a.example"));
  clients[0].close();
  clients[0].send();
  other.take(std::move(parcels));
  clients[0].run(other.loop);
  CHECK(other.answer() == 1);
  CHECK(other.worker.counters().traffic.clients.answers.value() == 1);
  CHECK(clients[0].peer->shut);
  CHECK(other.connections().closed_by_client.value() == 1);
}

TEST_CASE("no limit stands against a session that was let in before", "[giving]") {
  GivingSide one;
  ClientLimitSettings bounds;
  bounds.connections = 1;
  bounds.connections_per_client = 1;
  GivingSide other(GivingSide::settings(), bounds);
  std::vector<MovingClient> clients = open_clients(one, 3);
  other.take(one.give());
  CHECK(other.observer.taken.sessions == 3);
  CHECK(other.limits.connections() == 3);
  CHECK(other.limits.clients() == 3);
  CHECK(other.loop.arrive(client_number(9))->closed);
  for (MovingClient& client : clients) check_conversation(other, client);
  CHECK(other.give().size() == 3);
  CHECK(other.limits.connections() == 0);
}

TEST_CASE("what a client came to is known by its name", "[giving]") {
  GivingSide one;
  GivingSide other;
  const Endpoint second = *Endpoint::parse("192.0.2.53:8853");
  one.worker.listen(second, OwnedFd(), 8);
  MovingClient client(one.loop.arrive(client_number(1), 1));
  client.run(one.loop);
  // The other one has no such listener, and tells so all the same.
  other.take(one.give());
  const std::vector<Parcel> parcels = other.give();
  REQUIRE(parcels.size() == 1);
  tlsext::SecretMemory keys;
  const auto content = unpack(parcels[0].octets.view(), keys);
  REQUIRE(content);
  CHECK(content->listener == second);
}

TEST_CASE("a worker that drains takes sessions and ends them", "[giving]") {
  GivingSide one;
  GivingSide other;
  std::vector<MovingClient> clients = open_clients(one, 1);
  std::vector<MovingClient> own = open_clients(other, 1);
  own[0].ask(query(1, "a.example"));
  own[0].run(other.loop);
  other.worker.drain(10s);
  other.take(one.give());
  clients[0].run(other.loop);
  CHECK(clients[0].state() == tlsext::SessionState::peer_closed);
  CHECK(other.connections().closed_drained.value() == 1);
}

TEST_CASE("a worker without a TLS context refuses parcels", "[giving]") {
  GivingSide one;
  std::vector<MovingClient> clients = open_clients(one, 1);
  FakeLoop loop;
  GivingObserver observer;
  ClientLimits limits({});
  WorkerLoop worker(loop, GivingSide::settings(), limits, observer);
  worker.take(1, one.give());
  CHECK(observer.taken.refused == 1);
  CHECK(observer.taken.reason == "there is no TLS context yet");
}
