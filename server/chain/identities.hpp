// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dnschain/keep/keeper.hpp"
#include "server/config/config.hpp"
#include "tlsext/server/context.hpp"

namespace mooring::server {

/// Everything in a configuration that only its user can judge: certificates with their keys. Empty
/// when all is well.
[[nodiscard]] Findings check_identities(const Config& config);

/// What may stay as it is, but not every client will like: how its certificates look at `now` to
/// those that check them, and keys that anybody can read. At most two for an identity.
[[nodiscard]] Findings identity_warnings(const Config& config, dnschain::WallTime now);

/// `config` with the first identity standing in for each of `names` that has none any more, so that
/// clients which hold a pin for it still get the extension (RFC 9102, 10).
[[nodiscard]] Config with_stand_ins(Config config, const std::vector<std::string>& names);

/// The TLS side of one worker. Does not fail for a configuration that check_identities() let pass,
/// but for lack of memory.
[[nodiscard]] tlsext::Result<std::shared_ptr<tlsext::ServerContext>> make_context(
    const Config& config, tlsext::ChainSource chains,
    std::shared_ptr<const tlsext::TicketKeySet> keys);

/// What a client is shown of an identity.
[[nodiscard]] dnschain::PresentedIdentity presented_identity(const IdentityConfig& identity);
/// No services when no identity has a port.
[[nodiscard]] dnschain::KeeperSettings keeper_settings(const Config& config);

}  // namespace mooring::server
