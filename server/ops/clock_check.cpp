// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/clock_check.hpp"

#include "dnschain/base/time_text.hpp"

namespace mooring::server {

std::optional<std::string> clock_fault(dnschain::WallTime now, dnschain::WallTime built) {
  if (now >= built) return std::nullopt;
  return "the clock says " + dnschain::to_text(now) + ", but this program was built at " +
         dnschain::to_text(built) + ": no signature can be judged by such a clock";
}

}  // namespace mooring::server
