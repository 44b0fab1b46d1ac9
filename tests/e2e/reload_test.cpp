// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reloads of mooringd, as its operator and its clients see them.
#include <catch2/catch.hpp>
#include <csignal>
#include <thread>

#include "e2e/running_server.hpp"
#include "support/openssl_dot_client.hpp"
#include "support/slow_answers.hpp"
#include "support/tcp_upstream.hpp"

using namespace mooring::test;
using namespace std::chrono_literals;

namespace {

/// Whether a client gets an answer; one that was waiting at a socket just closed tries again.
bool served(std::uint16_t port) {
  for (int tries = 0; tries < 50; ++tries) {
    try {
      return OpensslDotClient(port).ask(query(1, "a.example")).has_value();
    } catch (const std::runtime_error&) {
      std::this_thread::sleep_for(10ms);
    }
  }
  return false;
}

}  // namespace

TEST_CASE("a reload brings a new certificate and drops nobody", "[e2e]") {
  Gate gate;
  TcpUpstream upstream(slow_for_some(gate));
  RunningServer server(upstream.port());
  OpensslDotClient old(server.port());
  old.send(framed(query(1, "slow.example")));
  REQUIRE(server.counts("queries", "forwarded", 1));
  const auto renewed = make_certificate("renewed.example");
  server.reload(upstream.port(), "", &renewed);
  REQUIRE(server.process().prints("event=reload result=done"));
  CHECK(OpensslDotClient(server.port()).certificate_name() == "renewed.example");
  gate.open();
  CHECK(old.receive());
  CHECK(old.ask(query(2, "a.example")));
  CHECK(server.stop() == 0);
}

TEST_CASE("a bad new configuration is refused and the old one goes on", "[e2e]") {
  TcpUpstream upstream(TcpUpstream::answer);
  RunningServer server(upstream.port());
  OpensslDotClient old(server.port());
  const std::string name = OpensslDotClient(server.port()).certificate_name();
  server.reload(upstream.port(), "[limits]\nidle_timeout = 3\n");
  CHECK(server.process().prints("event=reload result=refused error=\"" + server.config_path() +
                                ":12:16: limits.idle_timeout: expected a duration"));
  auto mixed = make_certificate("mixed.example");
  mixed.private_key_pem = make_certificate("mixed.example").private_key_pem;
  server.reload(upstream.port(), "", &mixed);
  CHECK(server.process().prints("event=reload result=refused", 2));
  CHECK(OpensslDotClient(server.port()).certificate_name() == name);
  CHECK(old.ask(query(1, "a.example")));
  CHECK(server.stop() == 0);
}

TEST_CASE("a reload changes the resolver, and queries in flight go to the new one", "[e2e]") {
  TcpUpstream silent([](TcpUpstream::Connection&, const Octets&) {});
  TcpUpstream upstream(TcpUpstream::answer);
  RunningServer server(silent.port());
  OpensslDotClient client(server.port());
  client.send(framed(query(1, "a.example")));
  REQUIRE(silent.has_had(1));
  server.reload(upstream.port());
  const auto answer = client.receive(4s);
  REQUIRE(answer);
  CHECK(*answer == answer_to(query(1, "a.example")));
}

TEST_CASE("a reload opens new listening addresses and closes old ones", "[e2e]") {
  TcpUpstream upstream(TcpUpstream::answer);
  RunningServer server(upstream.port());
  OpensslDotClient old(server.port());
  std::uint16_t other = 0;
  { other = TcpUpstream(TcpUpstream::answer).port(); }
  std::string config = server_config(upstream.port(), "");
  config.replace(config.find("'127.0.0.1:0'"), 13, "'127.0.0.1:" + std::to_string(other) + "'");
  server.files().write("mooring.toml", config);
  server.process().signal(SIGHUP);
  REQUIRE(server.process().prints("event=reload result=done listen=127.0.0.1:" +
                                  std::to_string(other)));
  CHECK(OpensslDotClient(other).ask(query(1, "a.example")));
  CHECK_THROWS(TcpPeer(server.port()));
  CHECK(old.ask(query(2, "a.example")));
  CHECK(server.stop() == 0);
}

TEST_CASE("a reload from one address to all of them on the same port", "[e2e]") {
  TcpUpstream upstream(TcpUpstream::answer);
  std::uint16_t port = 0;
  { port = TcpUpstream(TcpUpstream::answer).port(); }
  const auto listening_on = [&](const std::string& address) {
    std::string config = server_config(upstream.port(), "");
    return config.replace(config.find("127.0.0.1:0"), 11, address + ":" + std::to_string(port));
  };
  RunningServer server(upstream.port());
  for (const char* address : {"127.0.0.1", "0.0.0.0", "127.0.0.1"}) {
    server.files().write("mooring.toml", listening_on(address));
    server.process().signal(SIGHUP);
    INFO(address << '\n' << server.process().output());
    REQUIRE(server.process().prints("event=reload result=done listen=" + std::string(address)));
    CHECK(served(port));
  }
  CHECK(server.stop() == 0);
}

TEST_CASE("the number of workers needs a restart, and the log says so", "[e2e]") {
  TcpUpstream upstream(TcpUpstream::answer);
  RunningServer server(upstream.port());
  std::string config = server_config(upstream.port(), "");
  config.replace(config.find("workers = 1"), 11, "workers = 2");
  server.files().write("mooring.toml", config);
  server.process().signal(SIGHUP);
  CHECK(server.process().prints("detail=\"a restart is needed for server.workers\""));
  CHECK(OpensslDotClient(server.port()).ask(query(1, "a.example")));
}

TEST_CASE("a reload names what needs a restart, and not what is as it runs again", "[e2e]") {
  TcpUpstream upstream(TcpUpstream::answer);
  const std::string chain = "[chain]\nstate_directory = ";
  RunningServer server(upstream.port(), chain + "'one'\n");
  const std::string partial = "event=reload result=partial";
  std::size_t reloads = 0;
  for (const char* directory : {"'two'\n", "'one'\n"}) {
    server.files().write("mooring.toml", server_config(upstream.port(), chain + directory));
    server.process().signal(SIGHUP);
    CHECK(server.process().prints("event=reload result=done", ++reloads));
  }
  CHECK(server.process().prints("a restart is needed for chain.state_directory"));
  CHECK(server.stop() == 0);
  CHECK_FALSE(server.process().prints(partial, 2, std::chrono::milliseconds{0}));
}
