// SPDX-License-Identifier: GPL-3.0-or-later
//
// A worker on a loop without sockets: what it does when the system fails it.
#include "server/worker/worker_loop.hpp"

#include <catch2/catch.hpp>

#include "support/dns_messages.hpp"
#include "support/fake_io.hpp"
#include "support/loop_client.hpp"
#include "support/tls_fixture.hpp"

using namespace mooring;
using namespace mooring::server;
using namespace mooring::test;
using namespace std::chrono_literals;

namespace {

struct Observer final : WorkerObserver {
  void on_upstream_state(const Endpoint&, UpstreamState, std::string_view) override {}
  void on_listen_failed(const Endpoint& name, std::string_view reason) override {
    listen_failed = name.text() + ": " + std::string(reason);
  }
  void on_handshake_failed(const Endpoint& client, const HandshakeFailure&) override {
    handshake_failed = client.text();
  }
  void on_given(std::uint64_t, std::vector<Parcel>, const Remaining&) override {}
  void on_taken(std::uint64_t, const Taken&) override {}
  void on_drained() override {}
  std::string listen_failed;
  std::string handshake_failed;
};

const Endpoint kListen = *Endpoint::parse("192.0.2.53:853");
const Endpoint kClient = *Endpoint::parse("198.51.100.7:40007");

WorkerSettings settings() {
  WorkerSettings out;
  out.upstream_servers = {*Endpoint::parse("192.0.2.1:53")};
  out.buffer_octets = 1U << 20U;
  return out;
}

/// A worker that listens at one address.
struct Running {
  explicit Running(ClientLimitSettings bounds = {}, WorkerSettings with = settings())
      : limits(bounds), worker(loop, std::move(with), limits, observer) {
    worker.set_context(server_context(server_settings()));
    worker.listen(kListen, OwnedFd(), 8);
  }
  [[nodiscard]] const ConnectionCounters& connections() const {
    return worker.counters().traffic.connections;
  }

  FakeLoop loop;
  Observer observer;
  ClientLimits limits;
  WorkerLoop worker;
};

/// Answers all that has reached the resolver.
void answer(Running& running) {
  for (const auto& resolver : running.loop.connections) {
    if (resolver->closed) continue;
    for (const auto& asked : unframed(std::as_bytes(std::span(resolver->sent)))) {
      const Octets out = framed(answer_to(asked));
      resolver->send({reinterpret_cast<const char*>(out.data()), out.size()});
    }
    resolver->sent.clear();
  }
}

}  // namespace

TEST_CASE("a client's query goes to the resolver and its answer back", "[worker]") {
  Running running;
  LoopClient client(running.loop, running.loop.arrive(kClient));
  client.run();
  REQUIRE(client.open());
  const Octets asked = edns_query(7, "host.example");
  client.ask(asked);
  client.run();
  REQUIRE(running.loop.connections.size() == 1);
  running.loop.connections[0]->connect();
  client.run();
  answer(running);
  client.run();
  REQUIRE(client.messages().size() == 1);
  CHECK(id_of(client.messages()[0]) == 7);
}

TEST_CASE("a connection that could not be accepted is no client, and the next one is", "[worker]") {
  Running running;
  running.loop.fail_accept({"too many open files", 24});
  running.loop.fail_accept({"not enough memory", 12});
  running.loop.turn();
  CHECK(running.limits.connections() == 0);
  CHECK(running.loop.arrive_unknown()->closed);
  CHECK(running.limits.connections() == 0);
  CHECK_FALSE(running.loop.arrive(kClient)->closed);
  CHECK(running.limits.connections() == 1);
}

TEST_CASE("a client over a bound is closed at once, counted by its reason", "[worker]") {
  ClientLimitSettings bounds;
  bounds.connections = 3;
  bounds.connections_per_client = 2;
  WorkerSettings with = settings();
  const bool exempt = GENERATE(false, true);
  if (exempt) with.exempt = {*IpPrefix::parse("198.51.100.0/24")};
  Running running(bounds, with);
  std::vector<std::shared_ptr<FakePeer>> peers;
  for (int i = 0; i < 4; ++i) peers.push_back(running.loop.arrive(kClient));
  CHECK_FALSE(peers[1]->closed);
  CHECK(peers[2]->closed == !exempt);
  CHECK(peers[3]->closed);
  CHECK(running.connections().refused_per_client.value() == (exempt ? 0 : 2));
  CHECK(running.connections().refused_total.value() == (exempt ? 1 : 0));
  peers[0]->reset();
  running.loop.turn();
  CHECK(peers[0]->closed);
  CHECK_FALSE(running.loop.arrive(kClient)->closed);
}

TEST_CASE("a listener that fails is told, and the others go on", "[worker]") {
  Running running;
  running.loop.refuses = Error{"address already in use", 98};
  running.worker.listen(*Endpoint::parse("192.0.2.54:853"), OwnedFd(), 8);
  CHECK(running.observer.listen_failed == "192.0.2.54:853: address already in use");
  running.loop.refuses.reset();
  CHECK(running.loop.listening() == 1);
  CHECK_FALSE(running.loop.arrive(kClient)->closed);
  running.worker.stop_listening(kListen);
  CHECK(running.loop.listening() == 0);
}

TEST_CASE("a worker that has no timer to be had is not made", "[worker]") {
  FakeLoop loop;
  Observer observer;
  ClientLimits limits({});
  loop.refuses = Error{"out of memory", 12};
  CHECK_THROWS_WITH(WorkerLoop(loop, settings(), limits, observer), "out of memory");
}

TEST_CASE("a resolver that cannot be connected to is not the end of the client", "[worker]") {
  Running running;
  LoopClient client(running.loop, running.loop.arrive(kClient));
  client.run();
  running.loop.refuses = Error{"too many open files", 24};
  client.ask(edns_query(9, "host.example"));
  client.run();
  for (int i = 0; i < 20; ++i) running.loop.advance(1s);
  client.run();
  REQUIRE(client.messages().size() == 1);
  CHECK(rcode_of(client.messages()[0]) == 2);
}

TEST_CASE("a client whose connection breaks in the middle of a write is forgotten", "[worker]") {
  Running running;
  const auto peer = running.loop.arrive(kClient);
  peer->room = 100;
  LoopClient client(running.loop, peer);
  client.run();
  REQUIRE_FALSE(peer->kept.empty());
  const bool found_by_reading = GENERATE(true, false);
  peer->break_writes();
  if (found_by_reading) peer->reset();
  running.loop.turn();
  if (!found_by_reading) running.loop.advance(60s);
  CHECK(peer->closed);
  CHECK(running.limits.connections() == 0);
}

TEST_CASE("a failed handshake's alert is sent before the end, and what follows is thrown away",
          "[worker]") {
  Running running;
  const auto peer = running.loop.arrive(kClient);
  const bool stalled = GENERATE(false, true);
  if (stalled) peer->room = 3;
  peer->send("GET / HTTP/1.1\r\n\r\n");
  running.loop.turn();
  CHECK(running.observer.handshake_failed == kClient.text());
  if (stalled) {
    CHECK(peer->sent.size() == 3);
    CHECK_FALSE(peer->shut);
    peer->take(1000);
  }
  CHECK(peer->sent.size() == 7);  // one alert
  CHECK(peer->shut);
  running.loop.turn();
  CHECK_FALSE(peer->closed);
  const int end = GENERATE(0, 1, 2, 3);
  INFO("end " << end);
  if (end == 0) peer->finish();
  if (end == 1) peer->reset();
  if (end == 2) peer->send(std::string((1U << 20U) + 1, 'x'));
  if (end == 3) running.loop.advance(1s);
  running.loop.turn();
  CHECK(peer->closed);
}

TEST_CASE("a client that takes nothing is waited for, but not for ever", "[worker]") {
  Running running;
  const auto peer = running.loop.arrive(kClient);
  peer->room = 0;
  peer->send("GET / HTTP/1.1\r\n\r\n");
  running.loop.turn();
  running.loop.advance(9s);
  CHECK_FALSE(peer->closed);
  running.loop.advance(1s);
  CHECK(peer->closed);
}

TEST_CASE("what a client sends after the end does not prolong it", "[worker]") {
  Running running;
  const auto peer = running.loop.arrive(kClient);
  peer->send("GET / HTTP/1.1\r\n\r\n");
  running.loop.turn();
  for (int i = 0; i < 3; ++i) {
    running.loop.advance(333ms);
    peer->send("x");
    running.loop.turn();
    CHECK_FALSE(peer->closed);
  }
  running.loop.advance(1ms);
  CHECK(peer->closed);
}

TEST_CASE("a drained worker takes no connection, answers what it has and stops", "[worker]") {
  Running running;
  LoopClient client(running.loop, running.loop.arrive(kClient));
  client.run();
  client.ask(edns_query(7, "host.example"));
  client.run();
  running.worker.drain(5s);
  CHECK(running.loop.listening() == 0);
  running.loop.connections.at(0)->connect();
  running.loop.turn();
  CHECK_FALSE(running.loop.stopped());
  const bool answered = GENERATE(true, false);
  if (answered) {
    answer(running);
    client.run();
    CHECK(client.messages().size() == 1);
    running.loop.advance(1s);
  } else {
    running.loop.advance(5s);
    CHECK_FALSE(running.loop.stopped());  // the last octets have a moment
    running.loop.advance(1s);
  }
  CHECK(running.loop.stopped());
}
