// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/base/wall_time.hpp"

namespace mooring::server {

dnschain::WallTime wall_now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

}  // namespace mooring::server
