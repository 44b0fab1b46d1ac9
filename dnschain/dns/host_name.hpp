// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "dnschain/base/error.hpp"

namespace mooring::dnschain {

/// `text` with its labels outside of ASCII as A-labels (IDNA 2008: RFC 5891, 5; mapped first, as
/// UTS 46 has it). What is ASCII comes back as it is.
[[nodiscard]] Result<std::string> to_a_labels(std::string_view text);

/// Why `text` is no host name as SNI carries it (RFC 6066, 3), in one line; nothing when it is one:
/// labels of letters, digits, hyphens and underscores, no address, no wildcard. A name that has an
/// A-label is told so.
[[nodiscard]] std::optional<std::string> host_name_fault(std::string_view text);

}  // namespace mooring::dnschain
