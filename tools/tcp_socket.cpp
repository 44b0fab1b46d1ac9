// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/tcp_socket.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

namespace mooring::tools {

namespace {

using AddressList = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

/// Waits for `events`; false at the deadline.
bool wait_for(int fd, short events, Deadline deadline) {
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd waiting{fd, events, 0};
    const auto milliseconds = std::clamp<std::int64_t>(left.count(), 0, 3'600'000);
    const int ready = ::poll(&waiting, 1, static_cast<int>(milliseconds));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

/// 0, or the errno of a connect that went wrong; ETIMEDOUT at the deadline.
int connect_socket(int fd, const addrinfo& address, Deadline deadline) {
  if (::connect(fd, address.ai_addr, address.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  if (!wait_for(fd, POLLOUT, deadline)) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

std::string address_text(const addrinfo& address, std::uint16_t port) {
  std::array<char, NI_MAXHOST> host{};
  ::getnameinfo(address.ai_addr, address.ai_addrlen, host.data(), host.size(), nullptr, 0,
                NI_NUMERICHOST);
  return Endpoint{host.data(), port}.text();
}

}  // namespace

Outcome<TcpSocket> TcpSocket::connect(const Endpoint& endpoint, Deadline deadline) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int unresolved =
      ::getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &found);
  if (unresolved != 0) return trouble(endpoint.host + ": " + ::gai_strerror(unresolved));
  const AddressList addresses(found, &::freeaddrinfo);
  int error = 0;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    const int fd = ::socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
      error = errno;
      continue;
    }
    TcpSocket opened(fd, address_text(*at, endpoint.port));
    error = connect_socket(fd, *at, deadline);
    if (error != 0) continue;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return opened;
  }
  return trouble("no connection to " + endpoint.text() + ": " + std::strerror(error));
}

TcpSocket::~TcpSocket() {
  if (fd_ >= 0) ::close(fd_);
}

TcpSocket::TcpSocket(TcpSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), peer_(std::move(other.peer_)) {}

TcpSocket& TcpSocket::operator=(TcpSocket&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(peer_, other.peer_);
  return *this;
}

Outcome<void> TcpSocket::send(dnschain::ByteView octets, Deadline deadline) {
  while (!octets.empty()) {
    const ssize_t sent = ::send(fd_, octets.data(), octets.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      octets = octets.subspan(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (!wait_for(fd_, POLLOUT, deadline)) return trouble(peer_ + ": timed out");
    } else if (errno != EINTR) {
      return trouble(peer_ + ": " + std::strerror(errno));
    }
  }
  return {};
}

Outcome<dnschain::Bytes> TcpSocket::receive(Deadline deadline) {
  for (;;) {
    // A peer that never stops sending must not keep us either.
    if (std::chrono::steady_clock::now() >= deadline) return trouble(peer_ + ": timed out");
    dnschain::Bytes buffer(16384);
    const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (got >= 0) {
      buffer.resize(static_cast<std::size_t>(got));
      return buffer;
    }
    if (errno == EAGAIN) {
      if (!wait_for(fd_, POLLIN, deadline)) return trouble(peer_ + ": timed out");
    } else if (errno != EINTR) {
      return trouble(peer_ + ": " + std::strerror(errno));
    }
  }
}

}  // namespace mooring::tools
