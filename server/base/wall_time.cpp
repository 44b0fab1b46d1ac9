// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/base/wall_time.hpp"

#include <array>
#include <ctime>

namespace mooring::server {

dnschain::WallTime wall_now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

std::string time_text(dnschain::WallTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  std::array<char, 32> out{};
  if (gmtime_r(&seconds, &parts) == nullptr) return {};
  const std::size_t length = std::strftime(out.data(), out.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {out.data(), length};
}

}  // namespace mooring::server
