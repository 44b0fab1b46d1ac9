// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "dnschain/base/bytes.hpp"

namespace mooring::server {

/// The wall clock, in whole seconds.
[[nodiscard]] dnschain::WallTime wall_now();

/// RFC 3339, in UTC: 2026-03-01T12:00:00Z.
[[nodiscard]] std::string time_text(dnschain::WallTime time);

}  // namespace mooring::server
