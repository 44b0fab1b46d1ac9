// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/setup.hpp"

#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <set>

#include "dnschain/certificate_files.hpp"
#include "server/pem.hpp"
#include "server/wall_time.hpp"

namespace mooring::server {

namespace {

/// For the log, the configuration's files at a reload, the loops' own descriptors and the like.
constexpr std::size_t kReservedFiles = 64;
constexpr std::size_t kFilesPerLoop = 8;
constexpr std::size_t kMostLinks = 56;
/// What a worker needs to work at all.
constexpr std::size_t kLeastBufferOctets = 1U << 20U;

tlsext::Identity tls_identity(const IdentityConfig& identity) {
  return {identity.name, identity.certificate_pem, identity.private_key_pem};
}

bool readable_by_others(const std::string& file) {
  struct stat found {};
  return stat(file.c_str(), &found) == 0 && (found.st_mode & (S_IROTH | S_IWOTH)) != 0;
}

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

std::vector<ConfigError> check_identities(const Config& config) {
  std::vector<ConfigError> errors;
  for (const IdentityConfig& identity : config.identities) {
    const auto faults = dnschain::judge_files(identity.certificate_pem, identity.private_key_pem);
    const std::string certificate = "\"" + identity.certificate_file + "\"";
    const std::string key = "\"" + identity.key_file + "\"";
    if (!faults.certificate.empty())
      errors.push_back({identity.certificate_place, certificate + " " + faults.certificate});
    if (!faults.key.empty()) errors.push_back({identity.key_place, key + " " + faults.key});
    if (!faults.certificate.empty() || !faults.key.empty()) continue;
    tlsext::ServerSettings settings;
    settings.identities = {tls_identity(identity)};
    const auto context = tlsext::ServerContext::create(std::move(settings));
    if (!context && context.error().code == tlsext::ErrorCode::private_key) {
      errors.push_back({identity.key_place, key + ": " + context.error().context});
    } else if (!context) {
      errors.push_back({identity.certificate_place, certificate + ": " + context.error().context});
    }
  }
  return errors;
}

std::vector<ConfigError> identity_warnings(const Config& config, dnschain::WallTime now) {
  std::vector<ConfigError> warnings;
  std::set<std::string> open_keys;
  for (const IdentityConfig& identity : config.identities) {
    std::string all;
    for (const auto& one : dnschain::pkix_findings(identity.certificate_pem, identity.name, now))
      all += (all.empty() ? "" : "; ") + one;
    if (!all.empty()) {
      warnings.push_back({identity.certificate_place,
                          "\"" + identity.certificate_file +
                              "\": clients that check certificates may refuse it for " +
                              identity.name +
                              " (those that go by a TLSA 3 x x record do not): " + all});
    }
    if (readable_by_others(identity.key_file) && open_keys.insert(identity.key_file).second) {
      warnings.push_back({identity.key_place, "\"" + identity.key_file +
                                                  "\" can be read by every user of this system"});
    }
  }
  return warnings;
}

Config with_stand_ins(Config config, const std::vector<std::string>& names) {
  if (config.identities.empty()) return config;
  for (const std::string& name : names) {
    const auto has = [&](const IdentityConfig& one) { return one.name == name; };
    if (std::ranges::any_of(config.identities, has)) continue;
    IdentityConfig stand_in = config.identities.front();
    stand_in.name = name;
    stand_in.services.clear();
    config.identities.push_back(std::move(stand_in));
  }
  return config;
}

tlsext::Result<std::shared_ptr<tlsext::ServerContext>> make_context(
    const Config& config, tlsext::ChainSource chains,
    std::shared_ptr<const tlsext::TicketKeySet> keys) {
  tlsext::ServerSettings settings;
  for (const IdentityConfig& identity : config.identities) {
    settings.identities.push_back(tls_identity(identity));
  }
  settings.chain_source = std::move(chains);
  if (config.tls.tickets) settings.ticket_keys = std::move(keys);
  settings.ticket_lifetime = config.tls.ticket_lifetime;
  settings.minimum = config.tls.minimum;
  return tlsext::ServerContext::create(std::move(settings));
}

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

dnschain::PresentedIdentity presented_identity(const IdentityConfig& identity) {
  dnschain::PresentedIdentity out;
  out.certificates = certificates_from_pem(identity.certificate_pem);
  return out;
}

std::string clock_fault(dnschain::WallTime now, dnschain::WallTime built) {
  if (now >= built) return {};
  return "the clock says " + time_text(now) + ", but this program was built at " +
         time_text(built) + ": no signature can be judged by such a clock";
}

dnschain::KeeperSettings keeper_settings(const Config& config) {
  dnschain::KeeperSettings out;
  if (config.chain.anchor) out.anchor = *config.chain.anchor;
  for (const IdentityConfig& identity : config.identities) {
    const auto presented = presented_identity(identity);
    for (const dnschain::Service& service : identity.services) {
      out.services.push_back({service, config.chain.support_lifetime, presented});
    }
  }
  out.prefix = config.chain.prefix;
  out.forget = config.chain.forget;
  out.grace = config.chain.grace;
  // Behind the resolver's side, which knows what happened.
  out.ask_timeout =
      std::chrono::ceil<std::chrono::seconds>(config.chain.ask_timeout) + std::chrono::seconds{2};
  return out;
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
