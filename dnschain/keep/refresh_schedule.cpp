// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/keep/refresh_schedule.hpp"

#include <algorithm>

namespace mooring::dnschain {
namespace {

using std::chrono::seconds;

/// However long a chain holds, changes in the DNS are to be seen within this.
constexpr seconds kLongestWait{3600};
constexpr seconds kWaitUnsettled{60};
constexpr seconds kLongestBackoff{60};
constexpr seconds kBackoffNearBound{10};

}  // namespace

seconds RefreshSchedule::jittered(seconds time) const {
  // Down by up to a seventh.
  const auto part = static_cast<seconds::rep>(random_() % 1024);
  return time - seconds(time.count() / 7 * part / 1024);
}

void RefreshSchedule::begin_anew(WallTime now) {
  next_ = now;
  failed_in_a_row_ = 0;
}

void RefreshSchedule::after(const ServedChain& served, seconds grace, bool settled, WallTime now) {
  // The resolver's cache is empty a second after the TTL, and the grace gives time to ask again.
  const seconds after_ttl = std::min(grace, seconds(1));
  const seconds ttl_left = std::max(served.ttl_bound - now, seconds(0));
  seconds wait = ttl_left > seconds(2) ? jittered(ttl_left * 7 / 8) : ttl_left + after_ttl;
  wait = std::min(wait, jittered((served.verdict.until - now) * 7 / 8));
  wait = std::min(wait, jittered(settled ? kLongestWait : kWaitUnsettled));
  next_ = now + std::max(wait, seconds(1));
}

void RefreshSchedule::failed(bool near, WallTime now) {
  ++failed_in_a_row_;
  const seconds most = near ? kBackoffNearBound : kLongestBackoff;
  const seconds wait = std::min(seconds(1 << std::min(failed_in_a_row_ - 1, 10U)), most);
  next_ = now + std::max(jittered(wait), seconds(1));
}

}  // namespace mooring::dnschain
