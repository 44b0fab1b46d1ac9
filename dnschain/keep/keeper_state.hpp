// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <vector>

#include "dnschain/dane/tlsa_history.hpp"
#include "dnschain/dns/record.hpp"
#include "dnschain/dns/service.hpp"

namespace mooring::dnschain {

/// What is worth keeping of one service across a restart.
struct StoredService {
  Service service;
  /// No client holds a pin (RFC 9102, 7) from here on; the epoch when none was ever announced.
  WallTime pinned_until{};
  WallTime fetched{};           ///< when `records` had the TTLs they carry
  std::vector<Record> records;  ///< the chain; empty when there is none
  std::vector<SeenTlsa> history = {};

  bool operator==(const StoredService&) const = default;
};

/// What a keeper needs to go on where another left off.
struct KeeperState {
  std::vector<StoredService> services;

  bool operator==(const KeeperState&) const = default;
};

}  // namespace mooring::dnschain
