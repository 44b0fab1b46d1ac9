// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstddef>

#include "server/base/bytes.hpp"

namespace mooring::server {

struct UpstreamSettings {
  std::size_t servers = 1;  ///< 1 to 64, used in order: the next only while those before are down
  std::size_t connections = 8;                ///< 1 to 56, those that are retired apart
  std::size_t in_flight_per_connection = 32;  ///< 1 to 4096; Unbound works on 32 at a time
  std::size_t waiting = 4096;                 ///< queries that wait for a place on a connection
  std::size_t query_octets = 16U << 20U;      ///< held for all queries in flight and waiting
  Milliseconds query_deadline{8'000};         ///< from submit() to the answer
  Milliseconds connect_timeout{3'000};
  Milliseconds idle_timeout{20'000};  ///< below Unbound's 30 s, so that we close first
  Milliseconds first_backoff{100};    ///< after a failure to connect; doubles up to
  Milliseconds last_backoff{400};     ///< so soon at the latest is a resolver that is back found
  Milliseconds grace{1'500};          ///< queries wait so long for a resolver that has just gone
  Milliseconds first_grace{0};        ///< the same for one that has not been there yet

  /// Connections beside `connections`, for those that are retired.
  [[nodiscard]] std::size_t spare() const { return std::max<std::size_t>(1, connections / 8); }
  /// Places for queries on all connections but those.
  [[nodiscard]] std::size_t places() const { return connections * in_flight_per_connection; }
  bool operator==(const UpstreamSettings&) const = default;
};

}  // namespace mooring::server
