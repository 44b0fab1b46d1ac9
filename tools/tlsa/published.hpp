// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>

#include "dnschain/dns/service.hpp"
#include "dnschain/proof/verifier.hpp"
#include "tools/base/endpoint.hpp"
#include "tools/base/environment.hpp"
#include "tools/base/outcome.hpp"
#include "tools/client/resolver_client.hpp"

namespace mooring::tools {

/// What is published for a service and proven so.
struct PublishedTlsa {
  dnschain::Verdict verdict;   ///< secure, denial or insecure
  std::uint32_t zone_ttl = 0;  ///< the TTL in the zone, not what is left of it in a cache
  dnschain::WallTime at{};
};

/// Asks the resolver and validates what it says. A bogus answer is refused. `timeout` is for all
/// questions together.
[[nodiscard]] Outcome<PublishedTlsa> published_tlsa(const dnschain::Service& service,
                                                    const Endpoint& resolver, const Judge& judge,
                                                    std::chrono::milliseconds timeout,
                                                    const Environment& environment);

}  // namespace mooring::tools
