// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>

#include "server/client/limits.hpp"
#include "server/config/config.hpp"
#include "server/upstream/pool.hpp"
#include "server/worker/settings.hpp"

namespace mooring::server {

// What a configuration says, in the terms of the floors that do it.

/// For each worker: they share the connections that are configured.
[[nodiscard]] UpstreamSettings upstream_settings(const Config& config);
[[nodiscard]] WorkerSettings worker_settings(const Config& config);
/// `connections`: how many there may be, at most those that are configured.
[[nodiscard]] ClientLimitSettings client_limits(const Config& config, std::size_t connections);

}  // namespace mooring::server
