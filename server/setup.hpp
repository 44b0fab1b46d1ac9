// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dnschain/keeper.hpp"
#include "server/chain_service.hpp"
#include "server/client_limits.hpp"
#include "server/config.hpp"
#include "server/worker.hpp"
#include "tlsext/tls_context.hpp"

namespace mooring::server {

/// Everything in a configuration that only its user can judge: certificates with their keys. Empty
/// when all is well.
[[nodiscard]] std::vector<ConfigError> check_identities(const Config& config);

/// What may stay as it is, but not every client will like: how its certificates look at `now` to
/// those that check them, and keys that anybody can read. At most two for an identity.
[[nodiscard]] std::vector<ConfigError> identity_warnings(const Config& config,
                                                         dnschain::WallTime now);

/// `config` with the first identity standing in for each of `names` that has none any more, so that
/// clients which hold a pin for it still get the extension (RFC 9102, 10).
[[nodiscard]] Config with_stand_ins(Config config, const std::vector<std::string>& names);

/// The TLS side of one worker. Does not fail for a configuration that check_identities() let pass,
/// but for lack of memory.
[[nodiscard]] tlsext::Result<std::shared_ptr<tlsext::ServerContext>> make_context(
    const Config& config, tlsext::ChainSource chains,
    std::shared_ptr<const tlsext::TicketKeySet> keys);

/// How many ticket keys must be kept so that no ticket outlives its key.
[[nodiscard]] std::size_t ticket_keys_kept(const TlsConfig& tls);

[[nodiscard]] WorkerSettings worker_settings(const Config& config);
[[nodiscard]] ClientLimitSettings client_limits(const Config& config, std::size_t connections);
/// What a client is shown of an identity.
[[nodiscard]] dnschain::PresentedIdentity presented_identity(const IdentityConfig& identity);
/// Why the clock cannot be right, one line: it is behind the moment at which this program was
/// built. Empty when it may be right.
[[nodiscard]] std::string clock_fault(dnschain::WallTime now, dnschain::WallTime built);
/// No services when no identity has a port.
[[nodiscard]] dnschain::KeeperSettings keeper_settings(const Config& config);
[[nodiscard]] ResolverSettings resolver_settings(const Config& config);

/// Lets the process open as many files as it may, and returns how many that is.
std::size_t raise_file_limit();
/// How many clients fit when so many files may be open; at most what the configuration wants.
[[nodiscard]] std::size_t connections_that_fit(const Config& config, std::size_t files);

}  // namespace mooring::server
