// SPDX-License-Identifier: GPL-3.0-or-later
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>

#include "server/handover/tcp/held_socket.hpp"
#include "server/handover/tcp/repair.hpp"
#include "server/handover/tcp/socket_calls.hpp"

// Not in every libc.
#ifndef SO_BUF_LOCK
#define SO_BUF_LOCK 72
#endif

namespace mooring::server {

namespace {

// What the names of <netinet/tcp.h> for options on the wire would be; RFC 9293, 3.1 and RFC 7323.
constexpr std::uint32_t kMaximumSegmentSize = 2;
constexpr std::uint32_t kWindowScale = 3;
constexpr std::uint32_t kSackPermitted = 4;
constexpr std::uint32_t kTimestampOption = 8;

/// Milliseconds that our clock is put forward by when a connection is restored. The kernel that had
/// it before may have sent something after it was read, and what bears an older timestamp than the
/// peer has seen is dropped (RFC 7323, 5.3).
constexpr std::uint32_t kClockMargin = 64;

/// A queue of up to this has a place in any socket's buffer.
constexpr std::size_t kSmallQueue = 8192;
constexpr std::size_t kPiece = 32768;  ///< octets put into a queue at a time

Result<void> put(int fd, ByteView octets, const char* what) {
  while (!octets.empty()) {
    const ByteView piece = octets.first(std::min(octets.size(), kPiece));
    const auto count = ::send(fd, piece.data(), piece.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count <= 0) return call_failed(what);
    octets = octets.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

/// Room for what is longer than a new socket's buffer. Beyond the system's bound for a moment, and
/// then the kernel may choose again.
Result<void> make_room(int fd, const TcpState& state) {
  const auto enlarge = [&](int option, std::size_t size, const char* name) -> Result<void> {
    if (size <= kSmallQueue) return {};
    return set_option(fd, SOL_SOCKET, option, static_cast<int>(2 * size), name);
  };
  auto done = enlarge(SO_SNDBUFFORCE, state.send_queue.size(), "SO_SNDBUFFORCE").and_then([&] {
    return enlarge(SO_RCVBUFFORCE, state.receive_queue.size(), "SO_RCVBUFFORCE");
  });
  if (done) static_cast<void>(set_option(fd, SOL_SOCKET, SO_BUF_LOCK, 0, "SO_BUF_LOCK"));
  return done;
}

Result<void> set_sequence(int fd, int queue, std::uint32_t next, std::size_t queued) {
  const std::uint32_t first = next - static_cast<std::uint32_t>(queued);
  return choose_queue(fd, queue).and_then(
      [&] { return set_option(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, first, "TCP_QUEUE_SEQ"); });
}

Result<void> connect_silently(int fd, const TcpState& state) {
  // The size of segments is reckoned when it connects, and what is said later changes nothing.
  if (auto set = set_option(fd, IPPROTO_TCP, TCP_MAXSEG, state.segment_size, "TCP_MAXSEG"); !set)
    return set;
  sockaddr_storage address{};
  unsigned length = state.local.to(address);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), length) != 0)
    return call_failed("bind to " + state.local.text());
  length = state.remote.to(address);
  // In repair mode nothing is sent.
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), length) != 0)
    return call_failed("connect to " + state.remote.text());
  return {};
}

Result<void> set_options(int fd, const TcpState& state) {
  std::array<tcp_repair_opt, 4> options{};
  std::size_t count = 0;
  options.at(count++) = {kMaximumSegmentSize, state.segment_size};
  // Also when both are 0, which is as if there were none: a new socket has scales of its own.
  options.at(count++) = {kWindowScale,
                         state.send_scale | std::uint32_t{state.receive_scale} << 16U};
  if (state.selective_acknowledgement) options.at(count++) = {kSackPermitted, 0};
  if (state.timestamps) options.at(count++) = {kTimestampOption, 0};
  if (setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_OPTIONS, options.data(),
                 static_cast<socklen_t>(count * sizeof options[0])) != 0)
    return call_failed("TCP_REPAIR_OPTIONS");
  for (std::size_t i = 0; i < kCarried.size(); ++i) {
    const auto& [level, option, name] = kCarried.at(i);
    if (state.options.at(i) == 0) continue;
    if (auto set = set_option(fd, level, option, state.options.at(i), name); !set) return set;
  }
  // Its lowest bit says that the clock counts microseconds (Linux 6.7).
  const std::uint32_t margin = (state.timestamp & 1U) != 0 ? kClockMargin * 1000 : kClockMargin;
  return set_option(fd, IPPROTO_TCP, TCP_TIMESTAMP, state.timestamp + margin, "TCP_TIMESTAMP");
}

Result<void> fill_queues(int fd, const TcpState& state) {
  const ByteView queued(state.send_queue);
  const ByteView sent = queued.first(queued.size() - state.unsent);
  const ByteView unsent = queued.last(state.unsent);
  auto done =
      choose_queue(fd, TCP_RECV_QUEUE)
          .and_then([&] { return put(fd, state.receive_queue, "filling the receive queue"); })
          .and_then([&] { return choose_queue(fd, TCP_SEND_QUEUE); })
          // In repair mode what is written counts as sent.
          .and_then([&] { return put(fd, sent, "filling the send queue"); });
  // What has not been sent is written as by a program, to a peer that takes nothing just now.
  done = done.and_then([&] { return shut_windows(fd, state.windows); });
  if (unsent.empty()) return done;
  return done.and_then([&] { return set_repair(fd, TCP_REPAIR_OFF_NO_WP); })
      .and_then([&] { return put(fd, unsent, "filling the send queue"); })
      .and_then([&] { return set_repair(fd, TCP_REPAIR_ON); });
}

}  // namespace

Result<OwnedFd> restore(const TcpState& state) {
  const int family = state.local.address.family == IpFamily::v4 ? AF_INET : AF_INET6;
  OwnedFd made(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
  const int fd = made.get();
  if (fd < 0) return call_failed("socket");
  const auto sent = state.send_queue.size();
  const auto received = state.receive_queue.size();
  const auto done =
      hold(fd)
          .and_then([&] { return make_room(fd, state); })
          .and_then([&] { return set_sequence(fd, TCP_SEND_QUEUE, state.send_next, sent); })
          .and_then([&] { return set_sequence(fd, TCP_RECV_QUEUE, state.receive_next, received); })
          .and_then([&] { return connect_silently(fd, state); })
          .and_then([&] { return set_options(fd, state); })
          .and_then([&] { return fill_queues(fd, state); });
  if (!done) return tl::make_unexpected(done.error());
  return made;
}

Result<void> check_repair(std::uint16_t port) {
  const OwnedFd made(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP));
  const int fd = made.get();
  if (fd < 0) return call_failed("socket");
  if (auto on = set_repair(fd, TCP_REPAIR_ON); !on) {
    if (on.error().system != EPERM)
      return failure("the kernel has no TCP_REPAIR", on.error().system);
    return failure("TCP_REPAIR is not permitted: it needs CAP_NET_ADMIN", EPERM);
  }
  if (auto windows = read_windows(fd); !windows) return tl::make_unexpected(windows.error());
  // In repair mode no other socket is in the way.
  sockaddr_storage address{};
  const unsigned length = Endpoint{*IpAddress::parse("127.0.0.1"), port}.to(address);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), length) == 0) return {};
  if (errno != EACCES) return call_failed("bind");
  return failure("port " + std::to_string(port) + " needs CAP_NET_BIND_SERVICE", EACCES);
}

}  // namespace mooring::server
