// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>

#include "dnschain/base/bytes.hpp"

namespace mooring::server {

/// Why the clock cannot be right, one line: it is behind the moment at which this program was
/// built. None when it may be right.
[[nodiscard]] std::optional<std::string> clock_fault(dnschain::WallTime now,
                                                     dnschain::WallTime built);

}  // namespace mooring::server
