// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/config/settings.hpp"

#include <algorithm>

namespace mooring::server {

namespace {

constexpr std::size_t kMostLinks = 56;
/// What a worker needs to work at all.
constexpr std::size_t kLeastBufferOctets = 1U << 20U;

std::size_t links_per_worker(const Config& config) {
  return std::clamp<std::size_t>(config.upstream.connections / config.server.workers, 1,
                                 kMostLinks);
}

}  // namespace

UpstreamSettings upstream_settings(const Config& config) {
  UpstreamSettings out;
  out.servers = config.upstream.servers.size();
  out.connections = links_per_worker(config);
  out.in_flight_per_connection = config.upstream.in_flight;
  out.query_deadline = config.upstream.query_timeout;
  out.connect_timeout = config.upstream.connect_timeout;
  out.idle_timeout = config.upstream.idle_timeout;
  return out;
}

WorkerSettings worker_settings(const Config& config) {
  WorkerSettings out;
  out.sessions.max_in_flight = config.limits.in_flight;
  out.sessions.max_waiting_octets = config.limits.write_buffer;
  out.sessions.handshake_timeout = config.limits.handshake_timeout;
  out.sessions.idle_timeout = config.limits.idle_timeout;
  out.sessions.write_timeout = config.limits.write_timeout;
  out.sessions.sleep_after = config.limits.sleep_after;
  out.upstream = upstream_settings(config);
  out.upstream_servers = config.upstream.servers;
  out.exempt = config.limits.exempt;
  out.buffer_octets =
      std::max(config.limits.message_memory / config.server.workers, kLeastBufferOctets);
  return out;
}

ClientLimitSettings client_limits(const Config& config, std::size_t connections) {
  ClientLimitSettings out;
  out.connections = connections;
  out.connections_per_client = config.limits.connections_per_client;
  out.v4_prefix = config.limits.client_prefix_v4;
  out.v6_prefix = config.limits.client_prefix_v6;
  return out;
}

}  // namespace mooring::server
