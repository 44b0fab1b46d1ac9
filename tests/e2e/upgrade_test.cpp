// SPDX-License-Identifier: GPL-3.0-or-later
//
// A real mooringd is replaced by another one while its clients are connected.
#include <catch2/catch.hpp>
#include <csignal>

#include "e2e/upgraded_server.hpp"
#include "support/openssl_dot_client.hpp"
#include "support/tcp_upstream.hpp"

using namespace mooring::test;
using namespace std::chrono_literals;

TEST_CASE("a TLS session goes on in the process that comes after", "[e2e]") {
  TcpUpstream upstream(TcpUpstream::answer);
  UpgradedServer server(upstream.port());
  OpensslDotOptions options;
  options.tls12 = GENERATE(false, true);
  OpensslDotClient client(server.port(), options);
  OpensslDotClient silent(server.port(), options);
  REQUIRE(gets_an_answer(client, 1));
  const pid_t before = server.pid();
  const auto told = server.upgrade();
  INFO(told.said << server.log());
  REQUIRE(told.status == 0);
  CHECK_THAT(told.said, Catch::StartsWith("upgraded: 2 sessions in "));
  CHECK(server.pid() != before);
  CHECK(server.end_of(before) == 0);
  CHECK(gets_an_answer(client, 2));
  CHECK(gets_an_answer(silent, 3));
  OpensslDotClient later(server.port(), options);
  CHECK(gets_an_answer(later, 4));
  CHECK(server.counter("connections", "accepted") == 3);
  CHECK(server.counter("queries", "queries") == 4);
  server.signal(SIGTERM);
  CHECK(server.end_of(server.pid()) == 0);
}

TEST_CASE("a query without its answer is asked again by the successor, and answered once",
          "[e2e]") {
  std::atomic<bool> first = true;
  TcpUpstream upstream([&](TcpUpstream::Connection& connection, const Octets& asked) {
    if (!first.exchange(false)) TcpUpstream::answer(connection, asked);
  });
  UpgradedServer server(upstream.port());
  OpensslDotClient client(server.port());
  client.send(framed(query(7, "www.example")));
  REQUIRE(upstream.has_had(1));
  const auto told = server.upgrade({"--json"});
  INFO(told.said << server.log());
  REQUIRE(told.status == 0);
  CHECK_THAT(told.said, Catch::Contains("\"sessions\": 1"));
  const auto answer = client.receive();
  REQUIRE(answer);
  CHECK(*answer == answer_to(query(7, "www.example")));
  CHECK(upstream.queries() == 2);
  CHECK_FALSE(client.receive(300ms));
  CHECK(gets_an_answer(client, 8));
}

TEST_CASE("a handshake that has begun ends where it began, and its session follows", "[e2e]") {
  TcpUpstream upstream(TcpUpstream::answer);
  UpgradedServer server(upstream.port(), "[limits]\nhandshake_timeout = '2s'\n");
  const TcpPeer slow(server.port());
  OpensslDotClient client(server.port());
  REQUIRE(gets_an_answer(client, 1));
  const auto told = server.upgrade();
  INFO(told.said << server.log());
  CHECK(told.status == 0);
  CHECK_THAT(told.said, Catch::StartsWith("upgraded: 1 session in "));
  CHECK(gets_an_answer(client, 2));
}

TEST_CASE("a configuration that is wrong by now leaves the old process serving", "[e2e]") {
  TcpUpstream upstream(TcpUpstream::answer);
  UpgradedServer server(upstream.port());
  OpensslDotClient client(server.port());
  server.configure(upstream.port(), "nonsense = 1\n");
  const auto told = server.upgrade();
  INFO(told.said << server.log());
  CHECK(told.status == 1);
  CHECK_THAT(told.said, Catch::Contains("ended with status 1 before it could take over"));
  CHECK(gets_an_answer(client, 1));
  OpensslDotClient later(server.port());
  CHECK(gets_an_answer(later, 2));
  server.configure(upstream.port(), "");
  CHECK(server.upgrade().status == 0);
  CHECK(gets_an_answer(client, 3));
}

TEST_CASE("a successor that cannot get what it needs says why, and the old process goes on",
          "[e2e]") {
  TcpUpstream upstream(TcpUpstream::answer);
  UpgradedServer server(upstream.port());
  OpensslDotClient client(server.port());
  const TcpUpstream taken(TcpUpstream::answer);
  std::string config = server_config(upstream.port(), "[control]\nsocket = 'control'\n");
  const std::string listen = "listen = ['127.0.0.1:0'";
  config.replace(config.find(listen), listen.size(),
                 listen + ", '127.0.0.1:" + std::to_string(taken.port()) + "'");
  server.write_config(config);
  const auto told = server.upgrade();
  INFO(told.said << server.log());
  CHECK(told.status == 1);
  CHECK_THAT(told.said, Catch::Contains("it cannot start: cannot listen on 127.0.0.1:"));
  CHECK(gets_an_answer(client, 1));
  OpensslDotClient later(server.port());
  CHECK(gets_an_answer(later, 2));
}

TEST_CASE("SIGUSR2 upgrades as well", "[e2e]") {
  TcpUpstream upstream(TcpUpstream::answer);
  UpgradedServer server(upstream.port());
  OpensslDotClient client(server.port());
  const pid_t before = server.pid();
  server.signal(SIGUSR2);
  REQUIRE(server.logs("event=upgrade result=done sessions=1 "));
  const std::string log = server.log();
  server.succeeded_by(
      std::stoi(log.substr(log.find(" pid=", log.find("result=done sessions=1 ")) + 5)));
  CHECK(server.end_of(before) == 0);
  CHECK(gets_an_answer(client, 1));
}

TEST_CASE("workers may be more or fewer after an upgrade, and upgrades may follow each other",
          "[e2e]") {
  TcpUpstream upstream(TcpUpstream::answer);
  UpgradedServer server(upstream.port());
  OpensslDotClient client(server.port());
  std::uint16_t id = 0;
  for (const int workers : {2, 1, 4, 1}) {
    std::string config = server_config(upstream.port(), "[control]\nsocket = 'control'\n");
    config.replace(config.find("workers = 1"), 11, "workers = " + std::to_string(workers));
    server.write_config(config);
    const auto told = server.upgrade();
    INFO(told.said << server.log());
    REQUIRE(told.status == 0);
    CHECK(gets_an_answer(client, ++id));
    for (int i = 0; i < 8; ++i) {
      OpensslDotClient later(server.port());
      CHECK(gets_an_answer(later, ++id));
    }
  }
  CHECK(server.counter("queries", "answers") == id);
}

TEST_CASE("a client does not notice a hundred upgrades", "[e2e]") {
  TcpUpstream upstream(TcpUpstream::answer);
  UpgradedServer server(upstream.port());
  OpensslDotClient client(server.port());
  for (std::uint16_t i = 1; i <= 100; ++i) {
    const auto told = server.upgrade();
    INFO(i << " " << told.said);
    REQUIRE(told.status == 0);
    REQUIRE(gets_an_answer(client, i));
  }
  CHECK(server.counter("queries", "queries") == 100);
  CHECK(server.counter("connections", "accepted") == 1);
}
