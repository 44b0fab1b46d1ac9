// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <vector>

#include "server/base/endpoint.hpp"
#include "server/client/group.hpp"
#include "server/upstream/pool.hpp"

namespace mooring::server {

/// What a worker does things with; all of it can change while it runs.
struct WorkerSettings {
  SessionSettings sessions;
  UpstreamSettings upstream;
  std::vector<Endpoint> upstream_servers;
  std::vector<IpPrefix> exempt;   ///< clients that no bound of their own applies to
  std::size_t buffer_octets = 0;  ///< for messages of clients that wait, all together
};

}  // namespace mooring::server
