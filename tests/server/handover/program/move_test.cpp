// SPDX-License-Identifier: GPL-3.0-or-later
// TCP connections that move between hosts: real kernels, in network namespaces.
#include <catch2/catch.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "support/move_scene.hpp"

using namespace mooring::server;
using namespace mooring::test;

namespace {

/// What client and front agree on when they connect.
struct Options {
  IpFamily family;
  bool timestamps;
  bool sack;
  bool scaling;
};
const std::vector<Options> kAllOptions{
    {IpFamily::v4, true, true, true},   {IpFamily::v6, true, true, true},
    {IpFamily::v4, false, true, true},  {IpFamily::v6, false, true, true},
    {IpFamily::v4, true, false, true},  {IpFamily::v6, true, false, false},
    {IpFamily::v4, false, false, true}, {IpFamily::v6, false, false, false},
};

void agree_on(const NetworkNamespace& client, const Options& options) {
  const auto set = [&](const std::string& name, bool on) {
    client.shell((on ? "echo 1 >" : "echo 0 >") + ("/proc/sys/net/ipv4/tcp_" + name));
  };
  set("timestamps", options.timestamps);
  set("sack", options.sack);
  set("window_scaling", options.scaling);
}

/// What a socket says of its connection, to be compared.
std::vector<std::uint64_t> traits(const OwnedFd& socket) {
  tcp_info info{};
  socklen_t length = sizeof info;
  REQUIRE(getsockopt(socket.get(), IPPROTO_TCP, TCP_INFO, &info, &length) == 0);
  const unsigned options = info.tcpi_options & (TCPI_OPT_SACK | TCPI_OPT_TIMESTAMPS);
  std::vector<std::uint64_t> out{options, info.tcpi_snd_wscale, info.tcpi_rcv_wscale};
  for (const auto& [level, option] :
       std::initializer_list<std::pair<int, int>>{{SOL_SOCKET, SO_KEEPALIVE},
                                                  {IPPROTO_TCP, TCP_KEEPIDLE},
                                                  {IPPROTO_TCP, TCP_KEEPINTVL},
                                                  {IPPROTO_TCP, TCP_KEEPCNT},
                                                  {IPPROTO_TCP, TCP_USER_TIMEOUT},
                                                  {IPPROTO_TCP, TCP_NODELAY}}) {
    unsigned value = 0;
    length = sizeof value;
    REQUIRE(getsockopt(socket.get(), level, option, &value, &length) == 0);
    out.push_back(value);
  }
  return out;
}

/// More than is sent at once: what is under way, what waits to be sent, what came and was not read.
void say_much(Conversation& talk, Cable& cable, std::size_t answer) {
  talk.client.write(talk.client.written() + 2000);
  cable.carry();
  cable.hold();
  talk.client.write(talk.client.written() + 4000);
  talk.server.write(talk.server.written() + answer);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  const auto under_way = [&] { return cable.held_to_left() > 0 && cable.held_to_right() > 0; };
  while (!under_way() && std::chrono::steady_clock::now() < until) cable.carry();
  REQUIRE(under_way());
}

void nobody_was_reset(const MoveScene& scene) {
  CHECK(scene.hosts.cable.resets() == 0);
  CHECK(scene.hosts.front.tcp_counter("OutRsts") == 0);
  CHECK(scene.hosts.backend.tcp_counter("OutRsts") == 0);
}

}  // namespace

TEST_CASE("a thousand conversations go on where they were moved to", "[handover]") {
  constexpr std::size_t kEach = 125;
  MoveScene scene;
  Cable& cable = scene.hosts.cable;
  const double cpu_before = cpu_of(scene.front.pid()) + cpu_of(scene.backend.pid());
  for (const Options& options : kAllOptions) {
    agree_on(scene.hosts.client, options);
    for (std::size_t i = 0; i < kEach; ++i) {
      Conversation talk(scene.hosts, options.family);
      REQUIRE(talk.settle(cable, 3000));
      say_much(talk, cable, i % 2 == 0 ? 5000 : 60000);
      scene.move(talk);
      cable.release();
      REQUIRE(talk.settle(cable, 70000));
    }
  }
  nobody_was_reset(scene);
  const auto moves = scene.gaps.size();
  std::sort(scene.gaps.begin(), scene.gaps.end());
  const double helpers = cpu_of(scene.front.pid()) + cpu_of(scene.backend.pid()) - cpu_before;
  const double cpu = (helpers + scene.cpu) / static_cast<double>(moves);
  std::cout << moves << " moves: gap " << scene.gaps[moves / 2] << " us in the median, "
            << scene.gaps[moves * 99 / 100] << " us in the 99th percentile; CPU of both sides "
            << cpu << " us each\n";
  CHECK(moves == kEach * kAllOptions.size());
}

TEST_CASE("a connection is what it was where it was moved to", "[handover]") {
  MoveScene scene;
  std::size_t largest = 0;  // segment to the client
  scene.hosts.cable.lose([&](const Cable::Frame& frame, bool to_left) {
    if (to_left) largest = std::max(largest, tcp_payload(frame).value_or(0));
    return false;
  });
  for (const Options& options : kAllOptions) {
    agree_on(scene.hosts.client, options);
    Conversation talk(scene.hosts, options.family);
    largest = 0;
    REQUIRE(talk.settle(scene.hosts.cable, 30000));
    const std::size_t largest_before = std::exchange(largest, 0);
    const int on = 1;
    const int seconds = 77;
    const int server = talk.server.socket.get();
    REQUIRE(setsockopt(server, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) == 0);
    REQUIRE(setsockopt(server, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof seconds) == 0);
    const auto before = traits(talk.server.socket);
    scene.move(talk);
    CHECK(traits(talk.server.socket) == before);
    REQUIRE(talk.settle(scene.hosts.cable, 60000));
    CHECK(largest == largest_before);
  }
}

TEST_CASE("a conversation goes to the backend and back, again and again", "[handover]") {
  MoveScene scene;
  Cable& cable = scene.hosts.cable;
  for (const IpFamily family : {IpFamily::v4, IpFamily::v6}) {
    Conversation talk(scene.hosts, family);
    for (std::size_t round = 0; round < 50; ++round) {
      say_much(talk, cable, 20000);
      scene.move(talk);
      cable.release();
      REQUIRE(talk.settle(cable, talk.server.written()));
      say_much(talk, cable, 3000);
      scene.move_back(talk);
      cable.release();
      REQUIRE(talk.settle(cable, talk.server.written()));
    }
  }
  nobody_was_reset(scene);
}

TEST_CASE("what is lost while a conversation moves comes again", "[handover]") {
  MoveScene scene;
  Cable& cable = scene.hosts.cable;
  const IpFamily family = GENERATE(IpFamily::v4, IpFamily::v6);
  Conversation talk(scene.hosts, family);
  REQUIRE(talk.settle(cable, 3000));
  std::size_t lost = 0;
  cable.lose([&](const Cable::Frame& frame, bool) { return tcp_payload(frame) > 0 && ++lost > 0; });
  talk.client.write(9000);
  talk.server.write(30000);
  cable.carry();
  scene.move(talk);
  cable.carry();
  REQUIRE(lost > 10);
  cable.lose({});
  REQUIRE(talk.settle(cable, 70000));
  nobody_was_reset(scene);
}

TEST_CASE("what is sent again while a conversation moves is not heard twice", "[handover]") {
  MoveScene scene;
  Cable& cable = scene.hosts.cable;
  const IpFamily family = GENERATE(IpFamily::v4, IpFamily::v6);
  Conversation talk(scene.hosts, family);
  REQUIRE(talk.settle(cable, 3000));
  say_much(talk, cable, 30000);
  // Both kernels lose patience: everything is under way twice.
  const auto retransmitted = [&] {
    return std::min(scene.hosts.client.tcp_counter("RetransSegs"),
                    scene.hosts.front.tcp_counter("RetransSegs"));
  };
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (retransmitted() == 0 && std::chrono::steady_clock::now() < until) cable.carry();
  REQUIRE(retransmitted() > 0);
  scene.move(talk);
  cable.release();
  REQUIRE(talk.settle(cable, 70000));
  nobody_was_reset(scene);
}

TEST_CASE("answers of a conversation that has moved do not pass the front", "[handover]") {
  MoveScene scene;
  Cable& cable = scene.hosts.cable;
  const IpFamily family = GENERATE(IpFamily::v4, IpFamily::v6);
  Conversation talk(scene.hosts, family);
  REQUIRE(talk.settle(cable, 3000));
  scene.move(talk);
  const auto before = scene.hosts.front.traffic("eth0");
  const double cpu_before = cpu_of(scene.front.pid());
  constexpr std::size_t kAnswer = 4000000;
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (talk.client.heard() < kAnswer && std::chrono::steady_clock::now() < until) {
    talk.server.write(kAnswer);
    cable.carry();
    talk.client.read();
  }
  REQUIRE(talk.client.heard() == kAnswer);
  const auto after = scene.hosts.front.traffic("eth0");
  // Acknowledgements do, and nothing but the kernel has to do with them.
  CHECK(after.in - before.in < kAnswer / 10);
  CHECK(after.out - before.out < kAnswer / 10);
  CHECK(after.in - before.in > 1000);
  CHECK(cpu_of(scene.front.pid()) - cpu_before < 1000);  // it sleeps
  nobody_was_reset(scene);
}
