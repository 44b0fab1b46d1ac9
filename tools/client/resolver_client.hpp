// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>

#include "dnschain/build/builder.hpp"
#include "dnschain/proof/trust_anchor.hpp"
#include "tools/base/endpoint.hpp"
#include "tools/base/environment.hpp"
#include "tools/base/outcome.hpp"

namespace mooring::tools {

/// By what a chain that was built is judged.
struct Judge {
  dnschain::TrustAnchor anchor;
  dnschain::WallTime at;
};

/// Builds a chain by asking a recursive resolver over TCP, everything that can be
/// asked at once at once. What does not hold is asked for once more, validated by the resolver; the
/// chain that comes of it may be bogus all the same. `timeout` is for the whole.
[[nodiscard]] Outcome<dnschain::Chain> build_chain(const dnschain::Service& service,
                                                   const Endpoint& resolver, const Judge& judge,
                                                   std::chrono::milliseconds timeout,
                                                   const Environment& environment);

}  // namespace mooring::tools
