// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/config/duration.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace mooring::server {

namespace {

using std::chrono::milliseconds;

constexpr std::array<std::pair<std::string_view, std::int64_t>, 5> kUnits{{
    {"ms", 1},
    {"s", 1'000},
    {"m", 60'000},
    {"h", 3'600'000},
    {"d", 86'400'000},
}};
constexpr std::int64_t kMost = 36'525LL * 86'400'000;

}  // namespace

std::optional<milliseconds> parse_duration(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || count < 0 || text.front() == '-') return {};
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const auto& [name, length] : kUnits) {
    if (unit != name) continue;
    if (count > kMost / length) return {};
    return milliseconds(count * length);
  }
  return {};
}

std::string duration_text(milliseconds duration) {
  const std::int64_t count = duration.count();
  // Days are left out: 24h is what people write.
  for (std::size_t i = 3; i > 0; --i) {
    const auto& [name, length] = kUnits[i];
    if (count % length == 0 && (count != 0 || i == 1)) {
      return std::to_string(count / length) + std::string(name);
    }
  }
  return std::to_string(count) + "ms";
}

}  // namespace mooring::server
