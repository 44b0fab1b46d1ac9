// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "server/base/result.hpp"
#include "server/handover/tcp/tcp_state.hpp"

// A socket in repair mode that neither takes nor sends anything new.

namespace mooring::server {

/// Has the kernel drop all that comes for the socket, and enters repair mode.
[[nodiscard]] Result<void> hold(int fd);
/// One of TCP_REPAIR_ON, TCP_REPAIR_OFF_NO_WP.
[[nodiscard]] Result<void> set_repair(int fd, int mode);
/// TCP_SEND_QUEUE or TCP_RECV_QUEUE: the one that is read, written or numbered next.
[[nodiscard]] Result<void> choose_queue(int fd, int queue);

[[nodiscard]] Result<TcpWindows> read_windows(int fd);
/// Sets them, but for the send window, which is shut: repair mode itself does not keep the kernel's
/// timers from sending what was not sent before. resume() opens it.
[[nodiscard]] Result<void> shut_windows(int fd, const TcpWindows& windows);

}  // namespace mooring::server
