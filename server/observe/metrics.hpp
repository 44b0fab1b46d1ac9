// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>
#include <vector>

#include "server/observe/metric_lists.hpp"

namespace mooring::server {

/// A number that one thread counts up and any thread may read. Its owner's increment is a plain
/// load, add and store: no locked instruction on the query path.
class Counter {
 public:
  void add(std::uint64_t count = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// A number as it was when somebody looked.
class Sample {
 public:
  Sample() = default;
  Sample(std::uint64_t value) : value_(value) {}
  void add(std::uint64_t count = 1) { value_ += count; }
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0;
};

enum class MetricKind : std::uint8_t {
  counter,  ///< grows as long as the process lives
  gauge,    ///< how it stands now
};

/// What there is to know of a metric but its value. All text lives as long as the program.
struct MetricInfo {
  std::string_view name;
  MetricKind kind{};
  std::string_view unit;  ///< plural: "connections", "octets"
  std::string_view help;
};

/// A metric of `Group`, and where its value is.
template <class Group>
struct MetricRow {
  MetricInfo info;
  typename Group::Value Group::*value;
};

#define MOORING_METRIC_MEMBER(name, kind, unit, help) Value name{};
#define MOORING_METRIC_ROW(name, kind, unit, help) \
  {{#name, MetricKind::kind, unit, help}, &Self::name},

/// A struct with a member for each line of a list, which are Counters or Samples, and their table.
#define MOORING_METRIC_GROUP(Struct, Type, title, LIST)                    \
  struct Struct {                                                          \
    using Self = Struct;                                                   \
    using Value = Type;                                                    \
    static constexpr std::string_view kGroup = title;                      \
    LIST(MOORING_METRIC_MEMBER)                                            \
    static constexpr auto table() {                                        \
      return std::to_array<MetricRow<Struct>>({LIST(MOORING_METRIC_ROW)}); \
    }                                                                      \
  };                                                                       \
  static_assert(sizeof(Struct) == Struct::table().size() * sizeof(Type))

/// Connections of clients, counted once when they come and once when they go.
MOORING_METRIC_GROUP(ConnectionCounters, Counter, "connections", MOORING_CONNECTION_METRICS);
/// DNS messages of clients.
MOORING_METRIC_GROUP(ClientCounters, Counter, "queries", MOORING_CLIENT_METRICS);
/// Traffic with the upstream resolvers.
MOORING_METRIC_GROUP(UpstreamCounters, Counter, "upstream", MOORING_UPSTREAM_METRICS);
/// What handshakes did with the chain.
MOORING_METRIC_GROUP(ChainCounters, Counter, "chains", MOORING_CHAIN_METRICS);
/// How the chains stand now, and what has happened to them since the start.
MOORING_METRIC_GROUP(KeeperMetrics, Sample, "keeper", MOORING_KEEPER_METRICS);
/// How many clients there are now.
MOORING_METRIC_GROUP(LoadMetrics, Sample, "load", MOORING_LOAD_METRICS);

/// What one worker counts of its clients and resolvers. Its thread alone adds.
struct Counters {
  ConnectionCounters connections;
  ClientCounters clients;
  UpstreamCounters upstream;
};

/// The values of a group's metrics at one moment, in the order of its table.
struct MetricValues {
  struct One {
    MetricInfo info;
    std::uint64_t value = 0;
  };
  std::string_view group;
  std::vector<One> metrics;
};

/// Each of a group's metrics, summed over `parts`: what each of the workers has.
template <class Group>
[[nodiscard]] MetricValues metric_values(const std::vector<const Group*>& parts) {
  MetricValues out{Group::kGroup, {}};
  for (const auto& row : Group::table()) {
    std::uint64_t sum = 0;
    for (const Group* part : parts) sum += (part->*row.value).value();
    out.metrics.push_back({row.info, sum});
  }
  return out;
}

}  // namespace mooring::server
