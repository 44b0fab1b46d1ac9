// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "server/chain/service.hpp"
#include "server/client/limits.hpp"
#include "server/config/config.hpp"
#include "server/worker/worker.hpp"
#include "tlsext/tls_context.hpp"

namespace mooring::server {

/// How many ticket keys must be kept so that no ticket outlives its key.
[[nodiscard]] std::size_t ticket_keys_kept(const TlsConfig& tls);

[[nodiscard]] WorkerSettings worker_settings(const Config& config);
[[nodiscard]] ClientLimitSettings client_limits(const Config& config, std::size_t connections);
/// Why the clock cannot be right, one line: it is behind the moment at which this program was
/// built. Empty when it may be right.
[[nodiscard]] std::string clock_fault(dnschain::WallTime now, dnschain::WallTime built);
[[nodiscard]] ResolverSettings resolver_settings(const Config& config);

/// Lets the process open as many files as it may, and returns how many that is.
std::size_t raise_file_limit();
/// How many clients fit when so many files may be open; at most what the configuration wants.
[[nodiscard]] std::size_t connections_that_fit(const Config& config, std::size_t files);

}  // namespace mooring::server
