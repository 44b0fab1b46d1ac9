// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>

#include "dnschain/builder.hpp"
#include "tools/endpoint.hpp"
#include "tools/environment.hpp"
#include "tools/outcome.hpp"

namespace mooring::tools {

/// Builds a chain by asking a recursive resolver over one TCP connection, everything that can be
/// asked at once at once. Verifies nothing. `timeout` is for the whole.
[[nodiscard]] Outcome<dnschain::Chain> build_chain(const dnschain::Service& service,
                                                   const Endpoint& resolver,
                                                   std::chrono::milliseconds timeout,
                                                   const Environment& environment);

}  // namespace mooring::tools
