// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/metrics_log.hpp"

#include <string>

namespace mooring::server {

namespace {

template <class Get>
auto sum(const std::vector<const WorkerCounters*>& workers, Get get) {
  using Group = std::remove_cvref_t<decltype(get(WorkerCounters{}))>;
  std::vector<const Group*> parts;
  for (const WorkerCounters* worker : workers) parts.push_back(&get(*worker));
  return metric_values(parts);
}

}  // namespace

std::vector<MetricValues> service_metrics(const std::vector<const WorkerCounters*>& workers,
                                          const KeeperMetrics& keeper) {
  const std::vector<const KeeperMetrics*> one_keeper{&keeper};
  return {
      sum(
          workers, [](const auto& one) -> const auto& { return one.traffic.connections; }),
      sum(
          workers, [](const auto& one) -> const auto& { return one.traffic.clients; }),
      sum(
          workers, [](const auto& one) -> const auto& { return one.traffic.upstream; }),
      sum(
          workers, [](const auto& one) -> const auto& { return one.chains; }),
      metric_values(one_keeper),
  };
}

std::vector<Field> metric_fields(const MetricValues& group) {
  std::vector<Field> out;
  for (const auto& [info, value] : group.metrics) out.push_back({info.name, std::to_string(value)});
  return out;
}

void log_metrics(const LoadMetrics& load, const std::vector<MetricValues>& groups, Log& log) {
  log.info("connections", metric_fields(metric_values(std::vector<const LoadMetrics*>{&load})));
  for (const MetricValues& group : groups) {
    std::vector<Field> line{{"group", std::string(group.group)}};
    for (Field& field : metric_fields(group)) line.push_back(std::move(field));
    log.info("counters", line);
  }
}

}  // namespace mooring::server
