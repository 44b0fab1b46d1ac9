// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/setup.hpp"

#include <sys/resource.h>

#include <algorithm>

#include "dnschain/base/time_text.hpp"

namespace mooring::server {

namespace {

/// For the log, the configuration's files at a reload, the loops' own descriptors and the like.
constexpr std::size_t kReservedFiles = 64;
constexpr std::size_t kFilesPerLoop = 8;
constexpr std::size_t kMostLinks = 56;
/// What a worker needs to work at all.
constexpr std::size_t kLeastBufferOctets = 1U << 20U;

std::size_t links_per_worker(const Config& config) {
  return std::clamp<std::size_t>(config.upstream.connections / config.server.workers, 1,
                                 kMostLinks);
}

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

}  // namespace

std::size_t ticket_keys_kept(const TlsConfig& tls) {
  const auto rotations =
      (tls.ticket_lifetime + tls.ticket_rotation - std::chrono::seconds{1}) / tls.ticket_rotation;
  // A bound, for a rotation far below the lifetime: older tickets then mean a full handshake.
  return std::min<std::size_t>(static_cast<std::size_t>(rotations) + 1, 64);
}

WorkerSettings worker_settings(const Config& config) {
  WorkerSettings out;
  out.sessions.max_in_flight = config.limits.in_flight;
  out.sessions.max_waiting_octets = config.limits.write_buffer;
  out.sessions.handshake_timeout = config.limits.handshake_timeout;
  out.sessions.idle_timeout = config.limits.idle_timeout;
  out.sessions.write_timeout = config.limits.write_timeout;
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

std::string clock_fault(dnschain::WallTime now, dnschain::WallTime built) {
  if (now >= built) return {};
  return "the clock says " + dnschain::to_text(now) + ", but this program was built at " +
         dnschain::to_text(built) + ": no signature can be judged by such a clock";
}

ResolverSettings resolver_settings(const Config& config) {
  ResolverSettings out{upstream_settings(config), config.upstream.servers};
  out.upstream.connections = 1;
  out.upstream.query_deadline = config.chain.ask_timeout;
  // At boot the resolver may come up a moment after us, and clients are let in when chains are
  // there.
  out.upstream.first_grace = out.upstream.grace;
  return out;
}

std::size_t raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

std::size_t connections_that_fit(const Config& config, std::size_t files) {
  const std::size_t per_worker = kFilesPerLoop + links_per_worker(config) +
                                 upstream_settings(config).spare() + config.server.listen.size();
  const std::size_t own = kReservedFiles + config.server.workers * per_worker;
  const std::size_t left = files > own ? files - own : 1;
  return std::min(config.limits.connections, left);
}

}  // namespace mooring::server
