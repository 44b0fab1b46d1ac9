// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/tcp_peer.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <utility>

#include "server/base/endpoint.hpp"

namespace mooring::test {

TcpPeer::TcpPeer(std::uint16_t port, const std::string& address) {
  const server::Endpoint to{server::IpAddress::parse(address).value(), port};
  sockaddr_storage storage{};
  const unsigned length = to.to(storage);
  socket_ = ::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&storage), length) != 0) {
    ::close(socket_);
    throw std::runtime_error("nobody listens on " + to.text());
  }
}

TcpPeer::~TcpPeer() {
  if (socket_ >= 0) ::close(socket_);
}

TcpPeer::TcpPeer(TcpPeer&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}

bool TcpPeer::send(OctetView octets) const {
  while (!octets.empty()) {
    const ssize_t sent = ::send(socket_, octets.data(), octets.size(), MSG_NOSIGNAL);
    if (sent < 0) return false;
    octets = octets.subspan(static_cast<std::size_t>(sent));
  }
  return true;
}

void TcpPeer::set_send_timeout(std::chrono::milliseconds wait) const {
  const timeval time{wait.count() / 1000, wait.count() % 1000 * 1000};
  setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}

Received TcpPeer::receive(Octets& into, std::chrono::milliseconds wait) const {
  pollfd readable{socket_, POLLIN, 0};
  if (poll(&readable, 1, static_cast<int>(wait.count())) <= 0) return Received::nothing;
  std::array<std::byte, 65536> buffer{};
  const ssize_t size = ::recv(socket_, buffer.data(), buffer.size(), 0);
  if (size < 0) return Received::reset;
  if (size == 0) return Received::end;
  into.insert(into.end(), buffer.begin(), buffer.begin() + size);
  return Received::octets;
}

Octets TcpPeer::receive_all(Received& last, std::chrono::milliseconds wait) const {
  Octets all;
  do {
    last = receive(all, wait);
  } while (last == Received::octets);
  return all;
}

void TcpPeer::shut_down() const {
  ::shutdown(socket_, SHUT_WR);
}

void TcpPeer::reset() {
  const linger now{1, 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::close(std::exchange(socket_, -1));
}

}  // namespace mooring::test
