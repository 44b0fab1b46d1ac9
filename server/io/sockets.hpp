// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

#include "server/base/endpoint.hpp"
#include "server/base/owned_fd.hpp"
#include "server/base/result.hpp"

namespace mooring::server {

/// A TCP socket bound to `to` so that others of this process can be as well (SO_REUSEPORT), not yet
/// listening. With `exclusive`, fails when anybody listens there already. The error is as
/// "bind: Address already in use".
[[nodiscard]] Result<OwnedFd> bind_socket(const Endpoint& to, bool exclusive);
/// Lets connections in, at most `backlog` of them waiting to be accepted.
[[nodiscard]] Result<void> start_listening(const OwnedFd& socket, int backlog);
/// Where a socket is bound: the real port when it was bound to port 0.
[[nodiscard]] std::optional<Endpoint> bound_to(const OwnedFd& socket);

}  // namespace mooring::server
