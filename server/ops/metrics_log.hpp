// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "server/observe/log.hpp"
#include "server/observe/metrics.hpp"
#include "server/worker/worker.hpp"

namespace mooring::server {

/// All groups of what the service counts, in the order in which they are logged: the sums of what
/// the workers have, and what is said of the keeper.
[[nodiscard]] std::vector<MetricValues> service_metrics(
    const std::vector<const WorkerCounters*>& workers, const KeeperMetrics& keeper);

/// A line for how many clients there are, and one for each group.
void log_metrics(const LoadMetrics& load, const std::vector<MetricValues>& groups, Log& log);

/// "name=value" of each metric.
[[nodiscard]] std::vector<Field> metric_fields(const MetricValues& group);

}  // namespace mooring::server
