// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/move_scene.hpp"

#include <sys/socket.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <optional>

#include "server/handover/helper/neighbour.hpp"

namespace mooring::test {

using server::Helper;
using server::OwnedFd;
using Clock = std::chrono::steady_clock;

Helper start_helper(const NetworkNamespace& host) {
  std::optional<Helper> helper;
  host.run([&] { helper = must(Helper::start(std::getenv("MOORING_HANDOVER"))); });
  return std::move(*helper);
}

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

/// Sends something there, so that the kernel finds out.
server::MacAddress mac_of(const server::IpAddress& host) {
  const auto interface = must(server::find_interface("eth0"));
  sockaddr_storage address{};
  const unsigned length = server::Endpoint{host, 9}.to(address);
  const OwnedFd any(::socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  static_cast<void>(
      ::sendto(any.get(), "", 0, 0, reinterpret_cast<const sockaddr*>(&address), length));
  const auto until = Clock::now() + std::chrono::seconds(5);
  auto mac = server::find_neighbour(host, interface);
  while (!mac && Clock::now() < until) mac = server::find_neighbour(host, interface);
  return must(std::move(mac));
}

MoveScene::MoveScene() {
  must(front.use_interfaces("eth0", "eth0"));
  hosts.front.run([&] { backend_mac = mac_of(*server::IpAddress::parse("198.51.100.11")); });
}

server::TcpConnection MoveScene::ends(const Conversation& talk) {
  const auto client = talk.client_endpoint();
  return {client, ThreeHosts::service(client.address.family)};
}

void MoveScene::forward(const Conversation& talk, std::uint32_t seconds) {
  must(front.forward({{ends(talk), backend_mac, seconds}}));
}

void MoveScene::move(Conversation& talk) {
  const double cpu_before = cpu_of_this_thread();
  const auto begin = Clock::now();
  OwnedFd there = must(backend.restore(must(front.dump(talk.server.socket.get()))));
  forward(talk);
  gaps.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
  talk.server.socket = OwnedFd{};
  must(backend.resume(there.get()));
  talk.server.socket = std::move(there);
  cpu += cpu_of_this_thread() - cpu_before;
}

void MoveScene::move_back(Conversation& talk) {
  OwnedFd here = must(front.restore(must(backend.dump(talk.server.socket.get()))));
  must(front.forget({ends(talk)}));
  talk.server.socket = OwnedFd{};
  must(front.resume(here.get()));
  talk.server.socket = std::move(here);
}

}  // namespace mooring::test
