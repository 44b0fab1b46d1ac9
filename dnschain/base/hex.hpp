// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "dnschain/base/bytes.hpp"

namespace mooring::dnschain {

/// Lower-case hexadecimal (RFC 4648, 8) without blanks, two digits for each octet.
[[nodiscard]] std::string to_hex(ByteView octets);

}  // namespace mooring::dnschain
