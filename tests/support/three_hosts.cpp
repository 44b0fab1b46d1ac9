// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/three_hosts.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <string>

namespace mooring::test {

namespace {

using server::Endpoint;
using server::IpFamily;
using server::OwnedFd;

void address(const NetworkNamespace& host, const std::string& number) {
  host.shell(
      "ip link set lo up && ip link set eth0 up"
      " && ip addr add 198.51.100." +
      number +
      "/24 dev eth0"
      " && ip addr add 2001:db8::" +
      number + "/64 dev eth0 nodad");
}

void plug_in(const NetworkNamespace& bridge, const NetworkNamespace& host,
             const std::string& port) {
  bridge.shell("ip link add " + port + " type veth peer name eth0 netns " + host.path() +
               " && ip link set " + port + " master br0 up");
}

/// What the end with this voice says at a place.
std::byte said(unsigned voice, std::size_t place) {
  const std::size_t mixed = (place + voice) * 0x9e3779b97f4a7c15U;
  return static_cast<std::byte>(mixed >> 40U);
}

OwnedFd new_socket(IpFamily family) {
  return OwnedFd(::socket(family == IpFamily::v4 ? AF_INET : AF_INET6,
                          SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

std::pair<OwnedFd, OwnedFd> connected(ThreeHosts& hosts, IpFamily family) {
  sockaddr_storage service{};
  const unsigned length = ThreeHosts::service(family).to(service);
  const auto* generic = reinterpret_cast<const sockaddr*>(&service);
  OwnedFd listener;
  hosts.front.run([&] {
    listener = new_socket(family);
    const int on = 1;
    setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (::bind(listener.get(), generic, length) != 0 || ::listen(listener.get(), 8) != 0)
      throw std::runtime_error("the front cannot listen");
  });
  OwnedFd client;
  hosts.client.run([&] {
    client = new_socket(family);
    if (::connect(client.get(), generic, length) != 0 && errno != EINPROGRESS)
      throw std::runtime_error("the client cannot connect");
  });
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (std::chrono::steady_clock::now() < until) {
    hosts.cable.carry();
    OwnedFd server(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (server.get() >= 0) return {std::move(client), std::move(server)};
  }
  throw std::runtime_error("the client does not come through");
}

}  // namespace

ThreeHosts::ThreeHosts() : cable(client, "eth0", bridge, "to_client") {
  bridge.shell(
      "ip link add br0 type bridge && ip link set br0 up"
      " && ip link set to_client master br0 up");
  plug_in(bridge, front, "to_front");
  plug_in(bridge, backend, "to_backend");
  address(client, "2");
  address(front, "10");
  address(backend, "11");
  front.shell(
      "ip addr add 198.51.100.53/24 dev eth0"
      " && ip addr add 2001:db8::53/64 dev eth0 nodad");
  backend.shell(
      "echo 1 >/proc/sys/net/ipv4/conf/all/arp_ignore"
      " && echo 2 >/proc/sys/net/ipv4/conf/all/arp_announce"
      " && ip addr add 198.51.100.53/32 dev lo"
      " && ip addr add 2001:db8::53/128 dev lo nodad");
}

Endpoint ThreeHosts::service(IpFamily family) {
  return *Endpoint::parse(family == IpFamily::v4 ? "198.51.100.53:853" : "[2001:db8::53]:853");
}

Talker::Talker(OwnedFd fd, unsigned voice, unsigned other)
    : socket(std::move(fd)), voice_(voice), other_(other) {
  const int on = 1;
  if (setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
    throw std::runtime_error("not a TCP socket");
}

void Talker::write(std::size_t until) {
  std::array<std::byte, 16384> octets{};
  while (written_ < until) {
    const std::size_t size = std::min(octets.size(), until - written_);
    for (std::size_t i = 0; i < size; ++i) octets.at(i) = said(voice_, written_ + i);
    const auto count = ::send(socket.get(), octets.data(), size, MSG_NOSIGNAL);
    if (count < 0 && errno == EAGAIN) return;
    if (count < 0) throw std::runtime_error("the connection takes nothing");
    written_ += static_cast<std::size_t>(count);
  }
}

void Talker::read() {
  std::array<std::byte, 16384> octets{};
  for (;;) {
    const auto count = ::recv(socket.get(), octets.data(), octets.size(), 0);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) throw std::runtime_error("the connection ended");
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i, ++heard_) {
      if (octets.at(i) != said(other_, heard_))
        throw std::runtime_error("octet " + std::to_string(heard_) + " is not what was said");
    }
  }
}

Conversation::Conversation(ThreeHosts& hosts, IpFamily family)
    : Conversation(connected(hosts, family)) {}

Conversation::Conversation(std::pair<OwnedFd, OwnedFd> ends)
    : client(std::move(ends.first), 1, 2), server(std::move(ends.second), 2, 1) {}

bool Conversation::settle(Cable& cable, std::size_t until, std::chrono::milliseconds most) {
  const auto end = std::chrono::steady_clock::now() + most;
  while (client.heard() < until || server.heard() < until) {
    if (std::chrono::steady_clock::now() > end) return false;
    client.write(until);
    server.write(until);
    cable.carry();
    client.read();
    server.read();
  }
  return true;
}

Endpoint Conversation::client_endpoint() const {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  getsockname(client.socket.get(), generic, &length);
  return *Endpoint::from(*generic);
}

}  // namespace mooring::test
