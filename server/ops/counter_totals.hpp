// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dnschain/base/bytes.hpp"
#include "server/base/bytes.hpp"
#include "server/observe/metrics.hpp"

namespace mooring::server {

/// What a service has counted, by "group.name": names are what another version of the program has
/// in common with this one.
using CounterTotals = std::map<std::string, std::uint64_t>;

/// The counters among them, no gauges.
[[nodiscard]] CounterTotals totals_of(const std::vector<MetricValues>& groups);
/// Adds what predecessors have counted to the counters. What has another name now is dropped.
void add_totals(const CounterTotals& before, std::vector<MetricValues>& groups);

[[nodiscard]] dnschain::Bytes encode_totals(const CounterTotals& totals);
/// Nothing for what encode_totals() has not made.
[[nodiscard]] std::optional<CounterTotals> decode_totals(ByteView octets);

}  // namespace mooring::server
