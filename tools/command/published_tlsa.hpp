// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "dnschain/dns/service.hpp"
#include "dnschain/proof/verifier.hpp"
#include "tools/base/environment.hpp"
#include "tools/base/outcome.hpp"
#include "tools/command/trust_options.hpp"

namespace CLI {
class App;
}

namespace mooring::tools {

/// Where the published records are asked for, and what validates them.
struct PublishedOptions {
  std::string resolver;  ///< ADDRESS:PORT
  double timeout = 10;   ///< seconds, for all questions together
  TrustOptions trust;
};

void add_published_options(CLI::App& command, PublishedOptions& options);

/// What is published for a service and proven so.
struct PublishedTlsa {
  dnschain::Verdict verdict;   ///< secure, denial or insecure
  std::uint32_t zone_ttl = 0;  ///< the TTL in the zone, not what is left of it in a cache
  dnschain::WallTime at{};
};

/// Asks the resolver and validates what it says. A bogus answer is refused.
[[nodiscard]] Outcome<PublishedTlsa> published_tlsa(const dnschain::Service& service,
                                                    const PublishedOptions& options,
                                                    const Environment& environment);

}  // namespace mooring::tools
