// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/worker_events.hpp"

#include <catch2/catch.hpp>
#include <thread>

#include "support/fake_io.hpp"
#include "support/logged.hpp"

using namespace mooring;
using namespace mooring::server;

TEST_CASE("what happens on a worker's thread is told on the loop's, in order", "[server]") {
  test::FakeLoop loop;
  test::Logged logged;
  std::vector<std::string> told;
  WorkerEvents events(loop, logged.log,
                      {[&](const Endpoint& server, UpstreamState, const std::string& reason) {
                         told.push_back(server.text() + " " + reason);
                       },
                       [&](const Endpoint& name, const std::string& reason) {
                         told.push_back(name.text() + " " + reason);
                       },
                       [&] { told.emplace_back("drained"); }});
  const Endpoint at = *Endpoint::parse("192.0.2.1:53");
  std::thread([&] {
    events.on_upstream_state(at, UpstreamState::lost, "gone");
    events.on_listen_failed(at, "Too many open files");
    events.on_drained();
  }).join();
  CHECK(told.empty());
  loop.turn();
  CHECK(told == std::vector<std::string>{"192.0.2.1:53 gone", "192.0.2.1:53 Too many open files",
                                         "drained"});
}

TEST_CASE("a failed handshake is a line at debug alone", "[server]") {
  test::FakeLoop loop;
  test::Logged logged;
  WorkerEvents events(loop, logged.log, {});
  const Endpoint client = *Endpoint::parse("198.51.100.7:40007");
  HandshakeFailure why;
  why.reason = "no shared cipher";
  why.alert = 40;
  events.on_handshake_failed(client, why);
  CHECK_THAT(logged.take(), Catch::StartsWith("debug event=handshake_failed "
                                              "client=198.51.100.7:40007 "
                                              "reason=\"no shared cipher\" alert_sent="));
  logged.log.set_level(LogLevel::info);
  events.on_handshake_failed(client, why);
  CHECK(logged.take().empty());
}
