// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>

#include "dnschain/keep/keeper.hpp"
#include "server/observe/log.hpp"
#include "server/observe/metrics.hpp"

namespace mooring::server {

/// Logs and counts what happens to chains.
class KeeperEventLog {
 public:
  /// `log` must outlive this.
  explicit KeeperEventLog(Log& log) : log_(log) {}

  void add(const dnschain::KeeperEvent& event);
  /// How often each has happened since the start.
  void count_into(KeeperMetrics& metrics) const;

 private:
  Log& log_;
  std::array<std::uint64_t, dnschain::KeeperEvent::kKinds> counts_{};  ///< by kind
};

}  // namespace mooring::server
