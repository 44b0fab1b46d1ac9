// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/descriptors.hpp"

#include <sys/resource.h>

#include <algorithm>

#include "server/config/settings.hpp"

namespace mooring::server {

namespace {

/// For the log, the configuration's files at a reload, the loops' own descriptors and the like.
constexpr std::size_t kReservedFiles = 64;
constexpr std::size_t kFilesPerLoop = 8;

}  // namespace

std::size_t raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

std::size_t descriptors_for_connections(const Config& config, std::size_t files) {
  const UpstreamSettings upstream = upstream_settings(config);
  const std::size_t per_worker =
      kFilesPerLoop + upstream.connections + upstream.spare() + config.server.listen.size();
  const std::size_t own = kReservedFiles + config.server.workers * per_worker;
  return files > own ? files - own : 1;
}

std::size_t connections_that_fit(const Config& config, std::size_t files) {
  return std::min(config.limits.connections, descriptors_for_connections(config, files));
}

}  // namespace mooring::server
