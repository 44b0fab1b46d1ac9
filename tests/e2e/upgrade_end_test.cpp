// SPDX-License-Identifier: GPL-3.0-or-later
//
// The service is told to end, or has no descriptors left, while one process hands over to another.
#include <sys/resource.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <thread>

#include "e2e/running_server.hpp"
#include "e2e/upgraded_server.hpp"
#include "support/openssl_dot_client.hpp"
#include "support/tcp_peer.hpp"
#include "support/tcp_upstream.hpp"

using namespace mooring::test;
using namespace std::chrono_literals;

namespace {

void limit_files(pid_t pid, rlim_t files) {
  rlimit limit{};
  REQUIRE(::prlimit(pid, RLIMIT_NOFILE, nullptr, &limit) == 0);
  limit.rlim_cur = files;
  REQUIRE(::prlimit(pid, RLIMIT_NOFILE, &limit, nullptr) == 0);
}

rlim_t open_files(pid_t pid) {
  const std::filesystem::path all = "/proc/" + std::to_string(pid) + "/fd";
  return static_cast<rlim_t>(std::distance(std::filesystem::directory_iterator(all),
                                           std::filesystem::directory_iterator()));
}

/// Once their number has been the same for a while: some come and go at a start, and after a
/// refusal.
rlim_t settled_files(pid_t pid) {
  rlim_t found = open_files(pid);
  for (int same = 0; same < 50; ++same) {
    std::this_thread::sleep_for(1ms);
    const rlim_t now = open_files(pid);
    if (now != found) same = -1;
    found = now;
  }
  return found;
}

/// A successor by hand that has what was quiet, while a handshake keeps the hand-over going.
struct HalfDone {
  HalfDone() {
    REQUIRE(gets_an_answer(client, 1));
    successor.emplace(
        std::vector<std::string>{mooringd_path(), "-c", server.config_path(), "--take-over"});
    REQUIRE(server.logs("state=handing_over "));
    REQUIRE(successor->prints("event=start "));
    // Answered by the successor.
    REQUIRE(gets_an_answer(client, 2));
  }

  TcpUpstream upstream{TcpUpstream::answer};
  UpgradedServer server{upstream.port()};
  OpensslDotClient client{server.port()};
  TcpPeer slow{server.port()};
  std::optional<Process> successor;
};

}  // namespace

TEST_CASE("a shortage of descriptors refuses an upgrade, and nothing else", "[e2e]") {
  if (kSanitizerNeedsFiles) return;
  TcpUpstream upstream(TcpUpstream::answer);
  UpgradedServer server(upstream.port());
  const pid_t before = server.pid();
  OpensslDotClient client(server.port());
  REQUIRE(gets_an_answer(client, 1));  // so that the connection to the resolver is there
  rlimit usual{};
  REQUIRE(::prlimit(before, RLIMIT_NOFILE, nullptr, &usual) == 0);
  // The connection of who asks needs one.
  for (rlim_t free = 1; free <= 2; ++free) {
    limit_files(before, settled_files(before) + free);
    Process successor({mooringd_path(), "-c", server.config_path(), "--take-over"});
    CHECK(successor.wait(20s) == 1);
    INFO(server.log());
    CHECK(server.logs("there are no descriptors left", free));
    CHECK(std::filesystem::exists(server.socket()));
  }
  limit_files(before, usual.rlim_cur);
  CHECK(gets_an_answer(client, 2));
  if (GENERATE(false, true)) {
    const auto told = server.upgrade();
    INFO(told.said << server.log());
    CHECK(told.status == 0);
    CHECK(gets_an_answer(client, 3));
  } else {
    server.signal(SIGTERM);
    CHECK(server.end_of(before) == 0);
  }
}

TEST_CASE("a successor with too few descriptors for all sessions refuses before anything moves",
          "[e2e]") {
  TcpUpstream upstream(TcpUpstream::answer);
  UpgradedServer server(upstream.port());
  OpensslDotClient first(server.port());
  OpensslDotClient second(server.port());
  REQUIRE(gets_an_answer(first, 1));
  REQUIRE(gets_an_answer(second, 2));
  const std::string command =
      "ulimit -n 60; exec " + mooringd_path() + " -c " + server.config_path() + " --take-over";
  Process successor({"/bin/sh", "-c", command});
  CHECK(successor.wait(20s) == 1);
  CHECK_THAT(successor.output(), Catch::Contains("of 2 sessions 1 fit"));
  CHECK(server.logs("it cannot start: of 2 sessions 1 fit"));
  CHECK(gets_an_answer(first, 3));
  CHECK(gets_an_answer(second, 4));
}

TEST_CASE("who tells the old process to end during an upgrade ends both", "[e2e]") {
  HalfDone it;
  const pid_t before = it.server.pid();
  it.server.signal(SIGTERM);
  CHECK(it.server.end_of(before) == 0);
  INFO(it.successor->output());
  CHECK(it.successor->wait());
  CHECK(it.client.wait_for_end() == TlsEnd::close_notify);
  CHECK_FALSE(std::filesystem::exists(it.server.socket()));
  // Its addresses are free.
  CHECK_THROWS(TcpPeer(it.server.port()));
}

TEST_CASE("when a successor is told to end during an upgrade the old process goes on", "[e2e]") {
  HalfDone it;
  it.successor->signal(SIGUSR2);
  CHECK(it.successor->prints("still taking over"));
  it.successor->signal(SIGTERM);
  CHECK(it.successor->wait() == 0);
  CHECK(it.client.wait_for_end() == TlsEnd::close_notify);
  CHECK(it.server.logs("event=upgrade result=failed "));
  OpensslDotClient later(it.server.port());
  CHECK(gets_an_answer(later, 3));
  const auto told = it.server.upgrade();
  INFO(told.said << it.server.log());
  CHECK(told.status == 0);
  CHECK(gets_an_answer(later, 4));
}

TEST_CASE("a state directory may be left out and come back with upgrades", "[e2e]") {
  TcpUpstream upstream(TcpUpstream::answer);
  UpgradedServer server(upstream.port());
  for (const std::string state : {"a", "", "a", "b", "a"}) {
    std::string config = server_config(upstream.port(), "[control]\nsocket = 'control'\n");
    if (!state.empty()) {
      config += "[chain]\nstate_directory = '" + server.path(state) + "'\n";
    }
    server.write_config(config);
    const auto told = server.upgrade();
    INFO(state << ": " << told.said << server.log());
    REQUIRE(told.status == 0);
  }
}
