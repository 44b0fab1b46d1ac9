// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

#include "server/base/owned_fd.hpp"
#include "server/base/result.hpp"
#include "server/handover/tcp/tcp_state.hpp"

// A live TCP connection is taken out of the kernel and put into another one by TCP_REPAIR, which
// needs CAP_NET_ADMIN in the network namespace of the socket.

namespace mooring::server {

/// Holds the connection and reads it. Held: the kernel drops, without a word, all that comes for it
/// (the peer sends it again), sends nothing of its own accord, and is silent when the descriptor is
/// closed. resume() is the way back. Only what is ESTABLISHED can move, with no more in its queues
/// than TcpState::kMostQueued; after an error the connection goes on as if nothing had been.
[[nodiscard]] Result<TcpState> dump(int connection);

/// Makes the connection anew, from an address of this host to the same peer. It is held until
/// resume(): it takes nothing, sends nothing, and when it is closed before the peer notices
/// nothing.
[[nodiscard]] Result<OwnedFd> restore(const TcpState& state);

/// A held connection goes on: what has not been sent is, and a window probe makes the peer say what
/// it has got.
[[nodiscard]] Result<void> resume(int connection);

/// Whether this process may do the above for a service on `port`: the error says what is missing.
[[nodiscard]] Result<void> check_repair(std::uint16_t port);

}  // namespace mooring::server
