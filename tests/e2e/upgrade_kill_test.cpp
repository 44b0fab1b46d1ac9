// SPDX-License-Identifier: GPL-3.0-or-later
//
// One of the two processes of an upgrade is killed, at many moments of it.
#include <catch2/catch.hpp>
#include <csignal>
#include <memory>
#include <thread>
#include <vector>

#include "e2e/take_over_relay.hpp"
#include "e2e/upgraded_server.hpp"
#include "support/openssl_dot_client.hpp"
#include "support/tcp_upstream.hpp"

using namespace mooring::test;
using namespace std::chrono_literals;

namespace {

/// So many that their sessions go in several batches, the busy ones and the quiet ones.
constexpr std::size_t kClients = 144;
constexpr std::size_t kBusy = kClients / 3;
constexpr std::size_t kMoments = 28;

bool until(const std::function<bool()>& true_, std::chrono::milliseconds wait = 10s) {
  const auto end = std::chrono::steady_clock::now() + wait;
  while (!true_()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

/// An upgrade by hand, with clients connected of which every third one waits for an answer.
struct Conversation {
  Conversation() {
    for (std::size_t i = 0; i < kClients; ++i) {
      clients.push_back(std::make_unique<OpensslDotClient>(server.port()));
      REQUIRE(clients.back()->ask(query(1, "first.example")));
    }
    answers = false;
    for (std::size_t i = 0; i < kClients; i += 3) clients[i]->send(framed(query(2, "b.example")));
    REQUIRE(until([this] { return held == kBusy; }));
  }
  /// The resolver's threads do not wait any longer.
  ~Conversation() { answers = true; }
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  /// Upgrades and kills one of the two when so many octets have gone between them; 0: none. Until
  /// all is over.
  void upgrade(std::size_t moment, bool kill_predecessor = false) {
    const std::string path = server.socket() + ".relay";
    server.write_config("successor.toml",
                        server_config(upstream.port(), "[control]\nsocket = '" + path + "'\n"));
    pid_t successor = 0;
    std::atomic<bool> known = false;
    TakeOverRelay relay(path, server.socket(), moment, [&] {
      if (moment == 0 || !until([&] { return known.load(); })) return;
      ::kill(kill_predecessor ? server.pid() : successor, SIGKILL);
    });
    successor_process = std::make_unique<Process>(std::vector<std::string>{
        mooringd_path(), "-c", server.path("successor.toml"), "--take-over"});
    successor = successor_process->pid();
    known = true;
    CHECK(until([&] { return relay.over(); }));
    octets = relay.octets();
  }
  /// What becomes of the clients, once there are answers.
  void go_on() {
    answers = true;
    for (std::size_t i = 0; i < kClients; ++i) {
      const bool waits = i % 3 == 0;
      const bool there = goes_on(*clients[i], waits);
      served += there ? 1 : 0;
    }
  }
  /// Gets the answer that it waits for, once, and another one; or its connection is closed.
  bool goes_on(OpensslDotClient& client, bool waits) {
    try {
      if (waits) {
        const auto answer = client.receive(5s);
        if (!answer) return closed(client);
        CHECK(*answer == answer_to(query(2, "b.example")));
      }
      client.send(framed(query(3, "c.example")));
      const auto answer = client.receive(5s);
      if (!answer) return closed(client);
      CHECK(*answer == answer_to(query(3, "c.example")));
      return true;
    } catch (const std::exception&) {
      return closed(client);
    }
  }
  /// False, and it is no longer held by anybody.
  bool closed(OpensslDotClient& client) const {
    CHECK(client.wait_for_end(0ms) != TlsEnd::open);
    return false;
  }

  std::atomic<bool> answers = true;
  std::atomic<std::size_t> held = 0;  ///< queries that are not answered yet
  TcpUpstream upstream{[this](TcpUpstream::Connection& connection, const Octets& asked) {
    held += answers ? 0 : 1;
    if (!until([this] { return answers.load(); }, 30s)) return;
    TcpUpstream::answer(connection, asked);
  }};
  UpgradedServer server{upstream.port(), "connections = 56\nin_flight = 1\n"};
  std::vector<std::unique_ptr<OpensslDotClient>> clients;
  std::unique_ptr<Process> successor_process;
  std::size_t octets = 0;
  std::size_t served = 0;
};

/// The octets of a whole upgrade.
std::size_t whole() {
  static const std::size_t octets = [] {
    Conversation it;
    it.upgrade(0);
    it.go_on();
    CHECK(it.served == kClients);
    return it.octets;
  }();
  return octets;
}

}  // namespace

TEST_CASE("when a successor is killed the old process has all that was not acknowledged", "[e2e]") {
  const std::size_t total = whole();
  std::size_t served = 0;
  for (std::size_t i = 1; i <= kMoments; ++i) {
    Conversation it;
    it.upgrade(total * i / (kMoments + 1));
    INFO("moment " << i << "\n" << it.server.log());
    REQUIRE(it.server.logs("event=upgrade result=failed "));
    it.go_on();
    served += it.served;  // towards the end everything may be the successor's
    CHECK(it.server.counter("queries", "queries") == kClients + kBusy + it.served);
    OpensslDotClient later(it.server.port());
    CHECK(later.ask(query(4, "later.example")));
  }
  CHECK(served > kClients);
  CHECK(served < kMoments * kClients);
}

TEST_CASE("when the old process is killed the successor has all that had come to it", "[e2e]") {
  const std::size_t total = whole();
  for (std::size_t i = 1; i <= kMoments; ++i) {
    Conversation it;
    it.upgrade(total * i / (kMoments + 1), true);
    INFO("moment " << i << "\n" << it.successor_process->output());
    // Before it has all that it needs to serve it ends as well.
    if (!it.successor_process->prints("event=take_over result=")) {
      CHECK(it.successor_process->output().find("start_failed") != std::string::npos);
      continue;
    }
    it.go_on();
    const std::string log = it.successor_process->output();
    const bool everything = log.find("result=done ") != std::string::npos;
    CHECK((everything || log.find("result=alone ") != std::string::npos));
    CHECK((!everything || it.served == kClients));
    const std::string count = " sessions=" + std::to_string(it.served);
    CHECK(log.find(count + (everything ? "\n" : " ")) != std::string::npos);
    it.server.succeeded_by(it.successor_process->pid());
    OpensslDotClient later(it.server.port());
    CHECK(later.ask(query(4, "later.example")));
  }
}
