// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/handover/tcp/held_socket.hpp"

#include <linux/filter.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "server/handover/tcp/repair.hpp"
#include "server/handover/tcp/socket_calls.hpp"

namespace mooring::server {

namespace {

Result<void> set_windows(int fd, const TcpWindows& windows) {
  const tcp_repair_window value{windows.send_update, windows.send, windows.most_send,
                                windows.receive, windows.receive_told};
  return set_option(fd, IPPROTO_TCP, TCP_REPAIR_WINDOW, value, "TCP_REPAIR_WINDOW");
}

/// While the send window is shut the largest one that ever was holds its place. It bounds segments
/// to a peer with a tiny window, for which the present one will do.
Result<void> open_windows(int fd) {
  auto windows = read_windows(fd);
  if (!windows) return tl::make_unexpected(windows.error());
  windows->send = windows->most_send;
  return set_windows(fd, *windows);
}

}  // namespace

Result<void> set_repair(int fd, int mode) {
  return set_option(fd, IPPROTO_TCP, TCP_REPAIR, mode, "TCP_REPAIR");
}

Result<void> choose_queue(int fd, int queue) {
  return set_option(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, queue, "TCP_REPAIR_QUEUE");
}

Result<void> hold(int fd) {
  // By a filter of its own, so that no moment is left in which packets find neither a socket nor a
  // rule to forward them.
  sock_filter nothing{BPF_RET | BPF_K, 0, 0, 0};
  const sock_fprog program{1, &nothing};
  return set_option(fd, SOL_SOCKET, SO_ATTACH_FILTER, program, "SO_ATTACH_FILTER").and_then([&] {
    return set_repair(fd, TCP_REPAIR_ON);
  });
}

Result<TcpWindows> read_windows(int fd) {
  tcp_repair_window windows{};
  if (auto got = get_option(fd, IPPROTO_TCP, TCP_REPAIR_WINDOW, windows, "TCP_REPAIR_WINDOW"); !got)
    return tl::make_unexpected(got.error());
  return TcpWindows{windows.snd_wl1, windows.snd_wnd, windows.max_window, windows.rcv_wnd,
                    windows.rcv_wup};
}

Result<void> shut_windows(int fd, const TcpWindows& windows) {
  TcpWindows shut = windows;
  shut.send = 0;
  shut.most_send = windows.send;
  return set_windows(fd, shut);
}

Result<void> resume(int fd) {
  // None of both is there after a dump that failed early.
  static_cast<void>(set_option(fd, SOL_SOCKET, SO_DETACH_FILTER, 0, "SO_DETACH_FILTER"));
  static_cast<void>(open_windows(fd));
  return set_repair(fd, TCP_REPAIR_OFF)
      // Lost on the way, and without it nobody could listen on this port as long as it lives.
      .and_then([&] { return set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR"); })
      // Every connection of ours has it; setting it sends what waits.
      .and_then([&] { return set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY"); });
}

}  // namespace mooring::server
