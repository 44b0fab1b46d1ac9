// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

#include "dnschain/dns/service.hpp"
#include "dnschain/dns/wire.hpp"

namespace mooring::dnschain {

// How values are written where they are kept. All integers are big-endian.

/// A moment as 64 bits of seconds since 1970. Before that there is none.
void write_time(WallTime time, WireWriter& writer);
/// Nothing when it is cut, or later than the year 36812, as what is counted from it would overflow.
[[nodiscard]] std::optional<WallTime> read_time(WireReader& reader);

/// The base domain behind its length (16 bits), then the port.
void write_service(const Service& service, WireWriter& writer);
/// An error when it is cut, or no service.
[[nodiscard]] Result<Service> read_service(WireReader& reader);

}  // namespace mooring::dnschain
