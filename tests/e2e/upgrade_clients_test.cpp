// SPDX-License-Identifier: GPL-3.0-or-later
//
// Programs of others stay connected while the real mooringd is replaced.
#include <catch2/catch.hpp>
#include <optional>
#include <string>
#include <thread>

#include "e2e/other_clients.hpp"
#include "e2e/upgraded_server.hpp"
#include "support/openssl_dot_client.hpp"
#include "support/tcp_upstream.hpp"

using namespace mooring::test;
using namespace std::chrono_literals;

namespace {

/// Answers after a moment, so that there is always a query in flight.
void answer_late(TcpUpstream::Connection& connection, const Octets& query) {
  std::this_thread::sleep_for(1ms);
  TcpUpstream::answer(connection, query);
}

}  // namespace

TEST_CASE("kdig asks on one connection through ten upgrades", "[e2e]") {
  TcpUpstream upstream(answer_late);
  UpgradedServer server(upstream.port());
  std::string out;
  std::thread kdig([&] { out = said(asking(server.port(), {"+tls", "+keepopen"}, 2000)); });
  REQUIRE(upstream.has_had(1));
  for (int i = 0; i < 10; ++i) {
    const auto told = server.upgrade();
    INFO(told.said);
    CHECK(told.status == 0);
  }
  kdig.join();
  CHECK(count_of(out, "status: NOERROR") == 2000);
  CHECK(server.counter("connections", "accepted") == 1);
}

TEST_CASE("Unbound forwards through ten upgrades", "[e2e]") {
  TcpUpstream upstream(answer_late);
  UpgradedServer server(upstream.port());
  UnboundForwarder unbound(server.port());
  std::string out;
  std::thread kdig([&] { out = said(asking(unbound.port(), {"+timeout=10"}, 1500)); });
  REQUIRE(upstream.has_had(1));
  for (int i = 0; i < 10; ++i) CHECK(server.upgrade().status == 0);
  kdig.join();
  CHECK(count_of(out, "status: NOERROR") == 1500);
}

TEST_CASE("OpenSSL changes its keys, leaves and comes back with a ticket, each after an upgrade",
          "[e2e]") {
  TcpUpstream upstream(TcpUpstream::answer);
  UpgradedServer server(upstream.port());
  OpensslDotOptions options;
  options.tls12 = GENERATE(false, true);
  OpensslDotClient client(server.port(), options);
  for (unsigned i = 1; i <= 4; ++i) {
    if (!options.tls12) client.update_keys(i % 2 == 0);
    REQUIRE(client.ask(query(i, "www.example")));
    REQUIRE(server.upgrade().status == 0);
  }
  REQUIRE(client.ask(query(9, "www.example")));
  client.send_close_notify();
  CHECK(client.wait_for_end() == TlsEnd::close_notify);
  options.resumes = &client;
  OpensslDotClient again(server.port(), options);
  CHECK(again.resumed());
  CHECK(again.ask(query(10, "www.example")));
}
