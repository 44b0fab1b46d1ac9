// SPDX-License-Identifier: GPL-3.0-or-later
//
// Very many idle connections on one worker. Slow: ten thousand handshakes on both sides.
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <iostream>

#include "e2e/running_server.hpp"
#include "support/openssl_dot_client.hpp"
#include "support/tcp_upstream.hpp"

using namespace mooring::test;
using namespace std::chrono_literals;

namespace {

/// Files that this process may open for its clients.
std::size_t room_for_clients() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_max;
}

}  // namespace

TEST_CASE("ten thousand idle connections are held while others are served", "[e2e][slow]") {
  constexpr std::size_t kIdle = 10'000;
  REQUIRE(room_for_clients() > kIdle + 500);
  TcpUpstream upstream(TcpUpstream::answer);
  RunningServer server(upstream.port(),
                       "[limits]\nidle_timeout = '10m'\nsleep_after = '2s'\nconnections = 12000\n");
  OpensslDotClient active(server.port());
  REQUIRE(active.ask(query(1, "a.example")));
  // What the server needs once, whoever comes.
  for (unsigned i = 0; i < 64; ++i)
    REQUIRE(OpensslDotClient(server.port()).ask(query(i, "w.example")));
  const std::size_t before = server.process().resident_octets();

  // What is left of each client is its TCP connection: the TLS state of ten thousand OpenSSL
  // clients would need more memory than the server that is measured.
  std::vector<TcpPeer> idle;
  idle.reserve(kIdle);
  for (std::size_t i = 0; i < kIdle; ++i) {
    OpensslDotClient client(server.port());
    if (i % 10 == 0) REQUIRE(client.ask(query(2, "idle.example")));
    idle.push_back(client.take_connection());
    if (i % 500 != 0) continue;
    const auto began = std::chrono::steady_clock::now();
    REQUIRE(active.ask(query(3, "b.example")));
    CHECK(std::chrono::steady_clock::now() - began < 1s);
  }
  CHECK(server.counter("connections", "closed_idle") == 0);
  CHECK(server.counts("connections", "handshakes_full", kIdle + 65));
  for (unsigned id = 0; id < 100; ++id) REQUIRE(active.ask(query(id, "c.example")));

  const auto each = [&] { return (server.process().resident_octets() - before) / kIdle; };
  std::size_t asleep = 0;
  const auto until = std::chrono::steady_clock::now() + 20s;
  do {
    REQUIRE(server.counts("connections", "slept", kIdle));
    asleep = each();
  } while (kMemoryIsTheServers && asleep > 1024 && std::chrono::steady_clock::now() < until);
  std::cout << "memory of a sleeping connection: " << asleep << " octets\n";
  if (kMemoryIsTheServers) CHECK(asleep <= 1024);
  CHECK(OpensslDotClient(server.port()).ask(query(4, "d.example")));
}
