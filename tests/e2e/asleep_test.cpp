// SPDX-License-Identifier: GPL-3.0-or-later
//
// OpenSSL's client and sessions that sleep, with the real mooringd.
#include <catch2/catch.hpp>

#include "e2e/running_server.hpp"
#include "support/openssl_dot_client.hpp"
#include "support/tcp_upstream.hpp"

using namespace mooring::test;
using namespace std::chrono_literals;

namespace {

const char* const kSleepy = "[limits]\nsleep_after = '50ms'\n";

OpensslDotOptions any_version() {
  OpensslDotOptions out;
  out.tls12 = GENERATE(false, true);
  return out;
}

}  // namespace

TEST_CASE("a session goes on after sleep, with new keys or without", "[e2e]") {
  TcpUpstream upstream(TcpUpstream::answer);
  RunningServer server(upstream.port(), kSleepy);
  const OpensslDotOptions options = any_version();
  OpensslDotClient client(server.port(), options);
  for (unsigned round = 1; round <= 10; ++round) {
    REQUIRE(server.counts("connections", "slept", round));
    if (!options.tls12 && round % 2 == 0) client.update_keys(round % 4 == 0);
    const auto answered = client.ask(query(round, host_of(round)));
    REQUIRE(answered);
    CHECK(*answered == answer_to(query(round, host_of(round))));
    CHECK(server.counts("connections", "woken", round));
  }
  CHECK(server.counter("connections", "accepted") == 1);
  client.send_close_notify();
  CHECK(client.wait_for_end() == TlsEnd::close_notify);
  CHECK(server.counts("connections", "closed_by_client", 1));
}

TEST_CASE("sleepers get close_notify at the end of their idle time, and of the service", "[e2e]") {
  TcpUpstream upstream(TcpUpstream::answer);
  const bool idle = GENERATE(true, false);
  RunningServer server(upstream.port(), std::string(kSleepy) +
                                            "idle_timeout = " + (idle ? "'500ms'" : "'5m'") + "\n");
  OpensslDotClient client(server.port(), any_version());
  REQUIRE(client.ask(query(1, "a.example")));
  REQUIRE(server.counts("connections", "slept", 1));
  if (!idle) CHECK(server.stop() == 0);
  CHECK(client.wait_for_end() == TlsEnd::close_notify);
}

TEST_CASE("a reload wakes nobody, and what it says of sleep counts from then on", "[e2e]") {
  TcpUpstream upstream(TcpUpstream::answer);
  RunningServer server(upstream.port(), "[limits]\nsleep_after = '0s'\n");
  OpensslDotClient client(server.port());
  REQUIRE(client.ask(query(1, "a.example")));
  server.reload(upstream.port(), kSleepy);
  REQUIRE(server.counts("connections", "slept", 1));
  server.reload(upstream.port(), kSleepy);
  CHECK(server.counter("connections", "woken") == 0);
  CHECK(client.ask(query(2, "b.example")));
}
