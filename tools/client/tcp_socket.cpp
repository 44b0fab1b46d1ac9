// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/client/tcp_socket.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "tools/client/name_lookup.hpp"

namespace mooring::tools {

namespace {

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

/// "Connection refused", or what became of each address when there are several.
std::string losses_text(const std::vector<RaceLoss>& losses,
                        const std::vector<SocketAddress>& addresses) {
  if (losses.empty()) return std::strerror(ETIMEDOUT);
  if (losses.size() == 1) return std::strerror(losses.front().error);
  std::string text;
  for (const RaceLoss& loss : losses) {
    text += (text.empty() ? "" : "; ") + addresses[loss.address].text() + ": " +
            std::strerror(loss.error);
  }
  return text;
}

}  // namespace

Outcome<TcpSocket> TcpSocket::connect(const Endpoint& endpoint, Deadline deadline, int family) {
  auto found = look_up(endpoint, family, deadline);
  if (!found) return tl::make_unexpected(found.error());
  const auto addresses = interleaved(*found);
  const auto winner = race(addresses, deadline, system_network());
  if (!winner) {
    return trouble("no connection to " + endpoint.text() + ": " +
                   losses_text(winner.error(), addresses));
  }
  const int on = 1;
  ::setsockopt(winner->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return TcpSocket(winner->socket, addresses[winner->address].text());
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
