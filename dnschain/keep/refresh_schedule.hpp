// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "dnschain/keep/served_chain.hpp"

namespace mooring::dnschain {

/// When one chain is to be refreshed: ahead of its bounds, and with growing pauses while refreshes
/// fail. Moments have some jitter, so that servers that started together drift apart.
class RefreshSchedule {
 public:
  /// `random` outlives this; any source of numbers will do.
  RefreshSchedule(const std::function<std::uint32_t()>& random, WallTime now)
      : random_(random), next_(now) {}

  /// The next refresh, at the latest.
  [[nodiscard]] WallTime next() const { return next_; }
  /// Refreshes that have failed since one went well.
  [[nodiscard]] unsigned failed_in_a_row() const { return failed_in_a_row_; }

  /// Not later than `when`.
  void bring_forward(WallTime when) { next_ = std::min(next_, when); }
  /// At `now`, and what has failed is forgotten.
  void begin_anew(WallTime now);
  /// A refresh has gone well.
  void succeeded() { failed_in_a_row_ = 0; }
  /// The next one after `served`: ahead of the bound, and closer to it each time that the resolver
  /// has nothing newer. `settled` is false while what is served and what is published disagree:
  /// somebody waits for the DNS to change.
  void after(const ServedChain& served, std::chrono::seconds grace, bool settled, WallTime now);
  /// A refresh has failed. `near` is true when nothing is served, or not for much longer.
  void failed(bool near, WallTime now);

 private:
  [[nodiscard]] std::chrono::seconds jittered(std::chrono::seconds time) const;

  const std::function<std::uint32_t()>& random_;
  WallTime next_;
  unsigned failed_in_a_row_ = 0;
};

}  // namespace mooring::dnschain
