// SPDX-License-Identifier: GPL-3.0-or-later
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "server/handover/tcp/held_socket.hpp"
#include "server/handover/tcp/repair.hpp"
#include "server/handover/tcp/socket_calls.hpp"

// <linux/sockios.h> has it, but defines more than it should.
#ifndef SIOCOUTQNSD
#define SIOCOUTQNSD 0x894B
#endif

namespace mooring::server {

namespace {

constexpr int kMostReadings = 8;

struct Queues {
  std::uint32_t send_next = 0;
  std::uint32_t receive_next = 0;
  std::uint32_t send_size = 0;
  std::uint32_t unsent = 0;
  std::uint32_t receive_size = 0;
  TcpWindows windows;

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
          .and_then([&] { return ask(fd, FIONREAD, out.receive_size, "SIOCINQ"); })
          .and_then([&] { return keep(read_windows(fd), out.windows); });
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
  auto done =
      get_option(fd, IPPROTO_TCP, TCP_INFO, info, "TCP_INFO")
          .and_then([&] {
            return get_option(fd, IPPROTO_TCP, TCP_MAXSEG, state.segment_size, "TCP_MAXSEG");
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
  return done;
}

/// ESTABLISHED and nothing else, as tcp_info has it.
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

/// Shuts the send window of a held socket, and takes down what it was.
Result<void> shut(int fd, TcpWindows& windows) {
  auto now = read_windows(fd);
  if (!now) return tl::make_unexpected(now.error());
  if (now->send == 0) {  // shut already
    now->send = windows.send;
    now->most_send = windows.most_send;
  }
  windows = *now;
  return shut_windows(fd, windows);
}

/// Whether nothing changed meanwhile, so that all of it is of one moment.
Result<bool> read(int fd, TcpState& state) {
  Queues queues;
  Queues again;
  const auto done =
      shut(fd, state.windows)
          .and_then([&] { return keep(measure(fd), queues); })
          .and_then([&] { return peek(fd, TCP_SEND_QUEUE, queues.send_size, state.send_queue); })
          .and_then(
              [&] { return peek(fd, TCP_RECV_QUEUE, queues.receive_size, state.receive_queue); })
          .and_then([&] { return read_options(fd, state); })
          .and_then([&] { return keep(measure(fd), again); })
          .and_then([&] { return refuse_unfit(fd); });
  if (!done) return tl::make_unexpected(done.error());
  state.send_next = queues.send_next;
  state.receive_next = queues.receive_next;
  state.unsent = queues.unsent;
  return queues == again;
}

Result<void> hold_and_read(int fd, TcpState& state) {
  if (auto held = hold(fd); !held) return held;
  // What had passed the filter just before it was set may be on its way to the socket still.
  for (int left = kMostReadings; left > 0; --left) {
    const auto quiet = read(fd, state);
    if (!quiet) return tl::make_unexpected(quiet.error());
    if (*quiet) return {};
  }
  return failure("the connection changed while it was read", EAGAIN);
}

}  // namespace

Result<TcpState> dump(int fd) {
  TcpState state;
  int held = 0;
  if (get_option(fd, IPPROTO_TCP, TCP_REPAIR, held, "TCP_REPAIR") && held != 0)
    return failure("the connection is held already", EBUSY);
  if (auto fit = refuse_unfit(fd).and_then([&] { return read_endpoints(fd, state); }); !fit)
    return tl::make_unexpected(fit.error());
  if (auto done = hold_and_read(fd, state); !done) {
    static_cast<void>(resume(fd));
    return tl::make_unexpected(done.error());
  }
  return state;
}

}  // namespace mooring::server
