// SPDX-License-Identifier: GPL-3.0-or-later
//
// Mooringd without files for all its clients.
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "e2e/running_server.hpp"
#include "support/openssl_dot_client.hpp"
#include "support/tcp_upstream.hpp"

using namespace mooring::test;
using namespace std::chrono_literals;

TEST_CASE("when files run out the server says so and lives on", "[e2e]") {
  if (kSanitizerNeedsFiles) return;
  TcpUpstream upstream(TcpUpstream::answer);
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const rlimit few{100, 100};
  RunningServer server(upstream.port());
  REQUIRE(prlimit(server.process().pid(), RLIMIT_NOFILE, &few, nullptr) == 0);
  std::vector<TcpPeer> peers;
  for (int i = 0; i < 150; ++i) peers.emplace_back(server.port());
  Received last = Received::nothing;
  CHECK(peers.back().receive_all(last, 10s).empty());
  CHECK(last == Received::end);
  // Those it had no file for were turned away; a reload can read its files again as soon as the
  // server has noticed that its clients are gone.
  peers.clear();
  bool reloaded = false;
  for (int tries = 0; tries < 50 && !reloaded; ++tries) {
    server.process().signal(SIGHUP);
    reloaded = server.process().prints("event=reload result=done", 1, 200ms);
  }
  CHECK(reloaded);
  CHECK(server.process().prints("event=few_files open_files=100"));
  CHECK(OpensslDotClient(server.port()).ask(query(1, "a.example")));
  CHECK(server.stop() == 0);
}
