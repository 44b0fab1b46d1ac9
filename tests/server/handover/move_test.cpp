// SPDX-License-Identifier: GPL-3.0-or-later
// TCP connections that move between hosts: real kernels, in network namespaces.
#include <catch2/catch.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "server/handover/forward/network_interface.hpp"
#include "server/handover/helper/helper.hpp"
#include "support/three_hosts.hpp"

using namespace mooring::server;
using namespace mooring::test;
using Clock = std::chrono::steady_clock;

namespace {

Helper start_helper(const NetworkNamespace& host) {
  std::optional<Helper> helper;
  host.run([&] {
    auto started = Helper::start(std::getenv("MOORING_HANDOVER"));
    if (!started) throw std::runtime_error(started.error().context);
    helper = std::move(*started);
  });
  return std::move(*helper);
}

/// The result's value; throws its error.
template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().context);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// CPU time of a process in all its life, in microseconds, or of this thread.
double cpu_of(pid_t pid) {
  double nanoseconds = 0;
  std::ifstream("/proc/" + std::to_string(pid) + "/schedstat") >> nanoseconds;
  return nanoseconds / 1000;
}

double cpu_of_this_thread() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

/// Front and backend with their helpers.
struct Scene {
  ThreeHosts hosts;
  Helper front = start_helper(hosts.front);
  Helper backend = start_helper(hosts.backend);
  MacAddress backend_mac{};
  std::vector<double> gaps{};  ///< microseconds
  double cpu = 0;              ///< microseconds, of the server's part in all moves

  Scene() {
    must(front.use_interfaces("eth0", "eth0"));
    hosts.backend.run([&] { backend_mac = must(find_interface("eth0")).mac; });
  }

  TcpConnection ends(const Conversation& talk, IpFamily family) const {
    return {talk.client_endpoint(), ThreeHosts::service(family)};
  }

  /// From the front to the backend; the gap is longer than that in which packets are dropped, by
  /// the way to the helper and back.
  void move(Conversation& talk, IpFamily family) {
    const double cpu_before = cpu_of_this_thread();
    const auto begin = Clock::now();
    auto state = must(front.dump(talk.server.socket.get()));
    OwnedFd there = must(backend.restore(std::move(state)));
    must(front.forward({{ends(talk, family), backend_mac, 60}}));
    gaps.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
    talk.server.socket = OwnedFd{};
    must(backend.resume(there.get()));
    talk.server.socket = std::move(there);
    cpu += cpu_of_this_thread() - cpu_before;
  }
};

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

}  // namespace

TEST_CASE("a thousand conversations go on where they were moved to", "[handover]") {
  constexpr std::size_t kEach = 125;
  Scene scene;
  Cable& cable = scene.hosts.cable;
  const double cpu_before = cpu_of(scene.front.pid()) + cpu_of(scene.backend.pid());
  for (const Options& options : kAllOptions) {
    agree_on(scene.hosts.client, options);
    for (std::size_t i = 0; i < kEach; ++i) {
      Conversation talk(scene.hosts, options.family);
      REQUIRE(talk.settle(cable, 3000));
      // More than is sent at once: what is under way, what waits, and what came and was not read.
      talk.client.write(5000);
      cable.carry();
      cable.hold();
      talk.client.write(9000);
      talk.server.write(i % 2 == 0 ? 5000 : 60000);
      cable.carry();
      REQUIRE(cable.held_to_left() > 0);
      REQUIRE(cable.held_to_right() > 0);
      scene.move(talk, options.family);
      cable.release();
      REQUIRE(talk.settle(cable, 70000));
    }
  }
  CHECK(cable.resets() == 0);
  CHECK(scene.hosts.front.tcp_counter("OutRsts") == 0);
  CHECK(scene.hosts.backend.tcp_counter("OutRsts") == 0);
  const auto moves = scene.gaps.size();
  std::sort(scene.gaps.begin(), scene.gaps.end());
  const double helpers = cpu_of(scene.front.pid()) + cpu_of(scene.backend.pid()) - cpu_before;
  const double cpu = (helpers + scene.cpu) / static_cast<double>(moves);
  std::cout << moves << " moves: gap " << scene.gaps[moves / 2] << " us in the median, "
            << scene.gaps[moves * 99 / 100] << " us in the 99th percentile; CPU of both sides "
            << cpu << " us each\n";
  CHECK(scene.gaps[moves / 2] < 1000);
  CHECK(cpu < 1000);
}
