// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "dnschain/proof/trust_anchor.hpp"
#include "tools/base/environment.hpp"
#include "tools/base/outcome.hpp"
#include "tools/client/resolver_client.hpp"

namespace CLI {
class App;
}

namespace mooring::tools {

inline constexpr const char* kDefaultAnchor = "/usr/share/dns/root.ds";

/// What is trusted, and when: --anchor and --at.
struct TrustOptions {
  std::string anchor;  ///< a file; empty: the root's keys as Debian ships them
  std::string at;      ///< empty: now
};

void add_trust_options(CLI::App& command, TrustOptions& options);

[[nodiscard]] Outcome<dnschain::TrustAnchor> load_anchor(const TrustOptions& options);

/// The anchor and the moment together.
[[nodiscard]] Outcome<Judge> load_judge(const TrustOptions& options,
                                        const Environment& environment);

/// The moment that --at names, or the clock's.
[[nodiscard]] Outcome<dnschain::WallTime> moment(const TrustOptions& options,
                                                 const Environment& environment);

}  // namespace mooring::tools
