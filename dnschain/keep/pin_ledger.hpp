// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>

#include "dnschain/base/bytes.hpp"

namespace mooring::dnschain {

/// Until when clients may hold pins for one service (RFC 9102, 7 and 10), and what of that is on
/// disk. A support lifetime is a promise, so none is announced that a restart would forget.
class PinLedger {
 public:
  using Hours = std::chrono::hours;

  /// Goes on from what is on disk.
  void restore(WallTime on_disk) { pinned_until_ = on_disk_ = to_store_ = on_disk; }

  /// How much of `lifetime` may be announced in handshakes of this moment: whole hours that end
  /// before what is on disk. Counts it as announced, and asks for more to be stored in good time.
  /// To be called again at next_change() at the latest.
  [[nodiscard]] Hours announce(Hours lifetime, WallTime now);
  /// The clock was set by `step`: clients' pins last as long as before all the same.
  void clock_set(std::chrono::seconds step);
  /// When less must be announced than now, unless more is stored before.
  [[nodiscard]] WallTime next_change() const;

  /// What is to be stored: at or after pinned_until().
  [[nodiscard]] WallTime to_store() const { return to_store_; }
  [[nodiscard]] bool unstored() const { return to_store_ > on_disk_; }
  /// What to_store() says is on disk.
  void stored() { on_disk_ = to_store_; }

  /// No client holds a pin from here on; the epoch when none was ever announced.
  [[nodiscard]] WallTime pinned_until() const { return pinned_until_; }

 private:
  WallTime pinned_until_{};
  WallTime on_disk_{};
  WallTime to_store_{};
  Hours announced_{0};
};

}  // namespace mooring::dnschain
