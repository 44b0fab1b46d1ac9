// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "dnschain/base/bytes.hpp"

namespace mooring::tools {

/// A moment as seconds since 1970 (digits alone) or as RFC 3339 writes it
/// ("2026-12-01T00:00:00Z", any offset, fractions dropped); a date alone is its first second in
/// UTC. Nothing when it is none of these.
[[nodiscard]] std::optional<dnschain::WallTime> parse_time(std::string_view text);

/// The two largest units of a span, for a person: "9 d 3 h", "4 min 2 s", "0 s". Negative spans
/// count as their absolute value.
[[nodiscard]] std::string format_span(std::chrono::seconds span);

/// "2026-12-01T00:00:00Z (in 9 d 3 h)", or "(4 min 2 s ago)".
[[nodiscard]] std::string format_until(dnschain::WallTime time, dnschain::WallTime now);

}  // namespace mooring::tools
