// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "server/base/endpoint.hpp"
#include "server/base/result.hpp"
#include "server/handover/helper/network_interface.hpp"

namespace mooring::server {

/// The MAC address that the kernel knows for a host on the segment of an interface: by ARP or
/// neighbour discovery, after something has been sent there. Needs no privilege. The error names
/// the host: it is not on this segment, or does not answer.
[[nodiscard]] Result<MacAddress> find_neighbour(const IpAddress& host,
                                                const NetworkInterface& interface);

}  // namespace mooring::server
