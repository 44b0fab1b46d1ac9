// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "dnschain/base/bytes.hpp"

namespace mooring::dnschain {

/// RFC 3339, in UTC: "2020-12-02T00:00:00Z".
[[nodiscard]] std::string to_text(WallTime time);

}  // namespace mooring::dnschain
