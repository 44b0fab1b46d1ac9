// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "server/base/endpoint.hpp"
#include "server/io/tcp.hpp"

namespace mooring::server {

/// One configured address with a socket for each worker, all of them on the same port.
struct Door {
  Endpoint configured;
  Endpoint bound;  ///< with the real port, when the configured one is 0
  std::vector<OwnedFd> sockets;
};

/// Binds a socket for each of `workers`; none of them listens yet. With `exclusive`, fails when
/// anybody listens there already. The error names the address.
[[nodiscard]] tl::expected<Door, std::string> bind_door(const Endpoint& endpoint, unsigned workers,
                                                        bool exclusive = true);

/// Lets clients in at all of its sockets. Empty, or what is wrong, naming the address.
[[nodiscard]] std::string open_door(const Door& door, int backlog);

/// Where they are bound, with commas between, for the log.
[[nodiscard]] std::string addresses(const std::vector<Door>& doors);
[[nodiscard]] std::vector<Endpoint> configured(const std::vector<Door>& doors);

/// What is in `wanted` but not in `present`, as often as it is more often there.
[[nodiscard]] std::vector<Endpoint> missing(const std::vector<Endpoint>& wanted,
                                            std::vector<Endpoint> present);

}  // namespace mooring::server
