// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace mooring::server {

/// A span of time as a configuration writes it: a whole number and one of ms, s, m, h, d, nothing
/// between them. At most a hundred years.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// The same in the largest unit that leaves a whole number: 90s, 2m, 24h.
[[nodiscard]] std::string duration_text(std::chrono::milliseconds duration);

}  // namespace mooring::server
