// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tools/base/endpoint.hpp"
#include "tools/base/outcome.hpp"
#include "tools/client/happy_eyeballs.hpp"

namespace mooring::tools {

/// What is asked for the addresses of a name: the system. It may take its time.
using LookUp = std::function<Outcome<std::vector<SocketAddress>>(const Endpoint&, int family)>;

/// getaddrinfo(): hosts file, DNS, whatever the system is set up for.
[[nodiscard]] Outcome<std::vector<SocketAddress>> system_look_up(const Endpoint& endpoint,
                                                                 int family);

/// The addresses of an endpoint, of one family (AF_INET, AF_INET6) or of both (AF_UNSPEC), by the
/// deadline. A look-up that takes longer is left behind in a thread of its own, which ends with the
/// process.
[[nodiscard]] Outcome<std::vector<SocketAddress>> look_up(const Endpoint& endpoint, int family,
                                                          Deadline deadline,
                                                          LookUp by = system_look_up);

}  // namespace mooring::tools
