// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/handover/tcp/repair.hpp"

#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>

#include "server/handover/tcp/socket_calls.hpp"

// Not in every libc: <linux/sockios.h> has them, but defines more than it should.
#ifndef SIOCOUTQNSD
#define SIOCOUTQNSD 0x894B
#endif
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

Result<void> choose_queue(int fd, int queue) {
  return set_option(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, queue, "TCP_REPAIR_QUEUE");
}

Result<void> set_repair(int fd, int mode) {
  return set_option(fd, IPPROTO_TCP, TCP_REPAIR, mode, "TCP_REPAIR");
}

/// The kernel drops all that comes for the socket. Apart from the hook where packets are forwarded,
/// so that no moment is left in which they find neither the socket nor a rule.
Result<void> drop_arrivals(int fd) {
  sock_filter nothing{BPF_RET | BPF_K, 0, 0, 0};
  const sock_fprog program{1, &nothing};
  return set_option(fd, SOL_SOCKET, SO_ATTACH_FILTER, program, "SO_ATTACH_FILTER");
}

struct Queues {
  std::uint32_t send_next = 0;
  std::uint32_t receive_next = 0;
  std::uint32_t send_size = 0;
  std::uint32_t unsent = 0;
  std::uint32_t receive_size = 0;

  friend bool operator==(const Queues&, const Queues&) = default;
};

/// Leaves the receive queue chosen.
Result<Queues> measure(int fd) {
  Queues out;
  const auto done =
      choose_queue(fd, TCP_SEND_QUEUE)
          .and_then([&] {
            return get_option(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, out.send_next, "TCP_QUEUE_SEQ");
          })
          .and_then([&] { return ask(fd, TIOCOUTQ, out.send_size, "SIOCOUTQ"); })
          .and_then([&] { return ask(fd, SIOCOUTQNSD, out.unsent, "SIOCOUTQNSD"); })
          .and_then([&] { return choose_queue(fd, TCP_RECV_QUEUE); })
          .and_then([&] {
            return get_option(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, out.receive_next, "TCP_QUEUE_SEQ");
          })
          .and_then([&] { return ask(fd, FIONREAD, out.receive_size, "SIOCINQ"); });
  if (!done) return tl::make_unexpected(done.error());
  if (out.send_size > TcpState::kMostQueued || out.receive_size > TcpState::kMostQueued)
    return failure("the connection has too much in its queues to be moved");
  return out;
}

Result<void> peek(int fd, int queue, std::size_t size, std::vector<std::byte>& out) {
  out.resize(size);
  if (size == 0) return {};
  if (auto chosen = choose_queue(fd, queue); !chosen) return chosen;
  const auto got = ::recv(fd, out.data(), size, MSG_PEEK | MSG_DONTWAIT);
  if (got < 0) return call_failed("reading a queue");
  if (static_cast<std::size_t>(got) != size) return failure("a queue is not as long as it says");
  return {};
}

Result<void> read_endpoints(int fd, TcpState& state) {
  const auto local = endpoint_by(getsockname, fd);
  const auto remote = endpoint_by(getpeername, fd);
  if (!local || !remote) return failure("not connected", ENOTCONN);
  // Its scope is another one on another host.
  if (local->address.family == IpFamily::v6 && local->address.octets[0] == 0xfe &&
      (local->address.octets[1] & 0xc0U) == 0x80)
    return failure("a connection of a link-local address cannot be moved");
  state.local = *local;
  state.remote = *remote;
  return {};
}

Result<void> read_options(int fd, TcpState& state) {
  tcp_info info{};
  tcp_repair_window windows{};
  auto done =
      get_option(fd, IPPROTO_TCP, TCP_INFO, info, "TCP_INFO")
          .and_then([&] {
            return get_option(fd, IPPROTO_TCP, TCP_MAXSEG, state.segment_size, "TCP_MAXSEG");
          })
          .and_then([&] {
            return get_option(fd, IPPROTO_TCP, TCP_REPAIR_WINDOW, windows, "TCP_REPAIR_WINDOW");
          })
          .and_then([&] {
            return get_option(fd, IPPROTO_TCP, TCP_TIMESTAMP, state.timestamp, "TCP_TIMESTAMP");
          });
  for (std::size_t i = 0; i < kCarried.size(); ++i) {
    const auto& [level, option, name] = kCarried.at(i);
    if (done) done = get_option(fd, level, option, state.options.at(i), name);
  }
  state.send_scale = info.tcpi_snd_wscale;
  state.receive_scale = info.tcpi_rcv_wscale;
  state.selective_acknowledgement = (info.tcpi_options & TCPI_OPT_SACK) != 0;
  state.timestamps = (info.tcpi_options & TCPI_OPT_TIMESTAMPS) != 0;
  state.windows = {windows.snd_wl1, windows.snd_wnd, windows.max_window, windows.rcv_wnd,
                   windows.rcv_wup};
  return done;
}

Result<void> refuse_unfit(int fd) {
  int protocol = 0;
  tcp_info info{};
  const auto done = get_option(fd, SOL_SOCKET, SO_PROTOCOL, protocol, "SO_PROTOCOL").and_then([&] {
    return get_option(fd, IPPROTO_TCP, TCP_INFO, info, "not TCP");
  });
  if (!done) return done;
  if (protocol != IPPROTO_TCP) return failure("not TCP");
  if (info.tcpi_state != TCP_ESTABLISHED)
    return failure("the connection is beginning or ending", ENOTCONN);
  return {};
}

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

Result<void> set_windows(int fd, const TcpWindows& windows) {
  const tcp_repair_window value{windows.send_update, windows.send, windows.most_send,
                                windows.receive, windows.receive_told};
  return set_option(fd, IPPROTO_TCP, TCP_REPAIR_WINDOW, value, "TCP_REPAIR_WINDOW");
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
  if (!unsent.empty()) {
    // What has not been sent is written as by a program, to a peer that takes nothing just now.
    TcpWindows shut = state.windows;
    shut.send = 0;
    done = done.and_then([&] { return set_windows(fd, shut); })
               .and_then([&] { return set_repair(fd, TCP_REPAIR_OFF_NO_WP); })
               .and_then([&] { return put(fd, unsent, "filling the send queue"); })
               .and_then([&] { return set_repair(fd, TCP_REPAIR_ON); });
  }
  return done.and_then([&] { return set_windows(fd, state.windows); });
}

Result<void> hold_and_read(int fd, TcpState& state) {
  Queues queues;
  Queues again;
  return drop_arrivals(fd)
      .and_then([&] { return set_repair(fd, TCP_REPAIR_ON); })
      .and_then([&] { return keep(measure(fd), queues); })
      .and_then([&] { return peek(fd, TCP_SEND_QUEUE, queues.send_size, state.send_queue); })
      .and_then([&] { return peek(fd, TCP_RECV_QUEUE, queues.receive_size, state.receive_queue); })
      .and_then([&] { return read_options(fd, state); })
      // What had passed the filter just before it was set could be under way still.
      .and_then([&] { return keep(measure(fd), again); })
      .and_then([&] { return refuse_unfit(fd); })
      .and_then([&]() -> Result<void> {
        if (again != queues) return failure("the connection changed while it was read", EAGAIN);
        state.send_next = queues.send_next;
        state.receive_next = queues.receive_next;
        state.unsent = queues.unsent;
        return {};
      });
}

}  // namespace

Result<TcpState> dump(int fd) {
  TcpState state;
  if (auto fit = refuse_unfit(fd).and_then([&] { return read_endpoints(fd, state); }); !fit)
    return tl::make_unexpected(fit.error());
  if (auto done = hold_and_read(fd, state); !done) {
    static_cast<void>(resume(fd));
    return tl::make_unexpected(done.error());
  }
  return state;
}

Result<OwnedFd> restore(const TcpState& state) {
  const int family = state.local.address.family == IpFamily::v4 ? AF_INET : AF_INET6;
  OwnedFd made(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
  const int fd = made.get();
  if (fd < 0) return call_failed("socket");
  const auto sent = state.send_queue.size();
  const auto received = state.receive_queue.size();
  const auto done =
      set_repair(fd, TCP_REPAIR_ON)
          .and_then([&] { return drop_arrivals(fd); })
          .and_then([&] { return make_room(fd, state); })
          .and_then([&] { return set_sequence(fd, TCP_SEND_QUEUE, state.send_next, sent); })
          .and_then([&] { return set_sequence(fd, TCP_RECV_QUEUE, state.receive_next, received); })
          .and_then([&] { return connect_silently(fd, state); })
          .and_then([&] { return set_options(fd, state); })
          .and_then([&] { return fill_queues(fd, state); });
  if (!done) return tl::make_unexpected(done.error());
  return made;
}

Result<void> resume(int fd) {
  // There is none after a dump that failed early.
  static_cast<void>(set_option(fd, SOL_SOCKET, SO_DETACH_FILTER, 0, "SO_DETACH_FILTER"));
  return set_repair(fd, TCP_REPAIR_OFF)
      // Lost on the way, and without it nobody could listen on this port as long as it lives.
      .and_then([&] { return set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR"); })
      // Every connection of ours has it; setting it sends what waits.
      .and_then([&] { return set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY"); });
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
  tcp_repair_window windows{};
  if (auto got = get_option(fd, IPPROTO_TCP, TCP_REPAIR_WINDOW, windows, "TCP_REPAIR_WINDOW"); !got)
    return got;
  // In repair mode no other socket is in the way.
  sockaddr_storage address{};
  const unsigned length = Endpoint{*IpAddress::parse("127.0.0.1"), port}.to(address);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), length) == 0) return {};
  if (errno != EACCES) return call_failed("bind");
  return failure("port " + std::to_string(port) + " needs CAP_NET_BIND_SERVICE", EACCES);
}

}  // namespace mooring::server
