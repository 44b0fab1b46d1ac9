// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "dnschain/base/bytes.hpp"

namespace mooring::tools {

/// `text` with every octet outside of printable ASCII as \DDD (decimal, as in RFC 1035, 5.1), line
/// feeds and tabs included: what a peer said can then do nothing to a terminal.
[[nodiscard]] std::string printable(std::string_view text);

/// A decimal number from 0 to `most`, of digits alone.
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view digits,
                                                        std::uint64_t most);

/// "1 record", "2 records".
[[nodiscard]] std::string count_of(std::size_t count, std::string_view noun);

/// The octets of a string, borrowed.
[[nodiscard]] dnschain::ByteView as_octets(std::string_view text);

}  // namespace mooring::tools
