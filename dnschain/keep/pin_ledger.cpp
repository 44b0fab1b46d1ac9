// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/keep/pin_ledger.hpp"

#include <algorithm>

namespace mooring::dnschain {
namespace {

using std::chrono::seconds;

/// What is stored runs ahead by so much, so that it need not be stored all the time; when half of
/// it is used up there is still time to try again.
constexpr seconds kSlack{3600};
/// An announcement may be taken back so much too late.
constexpr seconds kMargin{60};

}  // namespace

PinLedger::Hours PinLedger::announce(Hours lifetime, WallTime now) {
  announced_ = Hours(0);
  if (lifetime.count() == 0) return announced_;
  if (on_disk_ < now + lifetime + kSlack / 2)
    to_store_ = std::max(to_store_, now + lifetime + kSlack);
  const seconds promised = std::max(on_disk_ - kMargin - now, seconds(0));
  announced_ = std::min(lifetime, std::chrono::floor<Hours>(promised));
  if (announced_.count() > 0) pinned_until_ = std::max(pinned_until_, now + announced_);
  return announced_;
}

void PinLedger::clock_set(seconds step) {
  if (pinned_until_ == WallTime{}) return;
  pinned_until_ += step;
  to_store_ = std::max(to_store_, pinned_until_);
}

WallTime PinLedger::next_change() const {
  return announced_.count() > 0 ? on_disk_ - kMargin - announced_ + seconds(1) : WallTime::max();
}

}  // namespace mooring::dnschain
