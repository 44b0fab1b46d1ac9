// SPDX-License-Identifier: GPL-3.0-or-later
//
// The end of mooringd, as its operator and its clients see it.
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>

#include "e2e/running_server.hpp"
#include "support/openssl_dot_client.hpp"
#include "support/slow_answers.hpp"
#include "support/tcp_upstream.hpp"

using namespace mooring::test;
using namespace std::chrono_literals;

TEST_CASE("at the end what is in flight is answered, and every session closed properly", "[e2e]") {
  Gate gate;
  TcpUpstream upstream(slow_for_some(gate));
  RunningServer server(upstream.port());
  OpensslDotClient idle(server.port());
  OpensslDotClient busy(server.port());
  busy.send(framed(query(1, "slow.example")));
  REQUIRE(upstream.has_had(0));
  REQUIRE(server.counts("queries", "forwarded", 1));
  server.process().signal(SIGTERM);
  CHECK(idle.wait_for_end() == TlsEnd::close_notify);
  CHECK_THROWS(TcpPeer(server.port()));
  gate.open();
  const auto answer = busy.receive();
  REQUIRE(answer);
  CHECK(*answer == answer_to(query(1, "slow.example")));
  CHECK(busy.wait_for_end() == TlsEnd::close_notify);
  CHECK(server.process().wait() == 0);
  CHECK(server.process().prints("event=stop status=0"));
}

TEST_CASE("the end does not wait for ever", "[e2e]") {
  TcpUpstream upstream([](TcpUpstream::Connection&, const Octets&) {});
  RunningServer server(upstream.port());
  std::string config = server_config(upstream.port(), "");
  config.replace(config.find("workers"), 0, "drain_time = '300ms'\n");
  server.files().write("mooring.toml", config);
  server.process().signal(SIGHUP);
  REQUIRE(server.process().prints("event=reload result=done"));
  OpensslDotClient client(server.port());
  client.send(framed(query(1, "a.example")));
  REQUIRE(server.counts("queries", "forwarded", 1));
  const auto began = std::chrono::steady_clock::now();
  CHECK(server.stop() == 0);
  CHECK(std::chrono::steady_clock::now() - began < 6s);
  CHECK(client.wait_for_end() == TlsEnd::close_notify);
}

TEST_CASE("a second signal ends it at once", "[e2e]") {
  TcpUpstream upstream([](TcpUpstream::Connection&, const Octets&) {});
  RunningServer server(upstream.port());
  OpensslDotClient client(server.port());
  client.send(framed(query(1, "a.example")));
  REQUIRE(server.counts("queries", "forwarded", 1));
  server.process().signal(SIGINT);
  REQUIRE(server.process().prints("event=stopping"));
  server.process().signal(SIGINT);
  CHECK(server.process().wait(5s) == 0);
}
