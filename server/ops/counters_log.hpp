// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "server/observe/log.hpp"
#include "server/worker/worker.hpp"

namespace mooring::server {

/// The sums of what the workers have counted, a line for each group of counters.
[[nodiscard]] std::vector<CounterLine> counter_lines(
    const std::vector<const WorkerCounters*>& workers);

}  // namespace mooring::server
