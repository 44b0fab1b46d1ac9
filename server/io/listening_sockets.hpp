// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "server/base/endpoint.hpp"
#include "server/base/owned_fd.hpp"
#include "server/base/result.hpp"

namespace mooring::server {

/// One configured address with a socket for each worker, all of them on the same port.
struct ListeningSockets {
  Endpoint configured;
  Endpoint bound;  ///< with the real port, when the configured one is 0
  std::vector<OwnedFd> sockets;
};

/// Binds a socket for each of `workers`; none of them listens yet. With `exclusive`, fails when
/// anybody listens there already. The error names the address.
[[nodiscard]] Result<ListeningSockets> bind_sockets(const Endpoint& endpoint, unsigned workers,
                                                    bool exclusive = true);

/// Lets clients in at all of them, at most `backlog` waiting at each. The error names the address.
[[nodiscard]] Result<void> start_listening(const ListeningSockets& at, int backlog);

/// Where they are bound, with commas between, for the log.
[[nodiscard]] std::string addresses(const std::vector<ListeningSockets>& all);
[[nodiscard]] std::vector<Endpoint> configured(const std::vector<ListeningSockets>& all);

/// What is in `wanted` but not in `present`, as often as it is more often there.
[[nodiscard]] std::vector<Endpoint> missing(const std::vector<Endpoint>& wanted,
                                            std::vector<Endpoint> present);

}  // namespace mooring::server
