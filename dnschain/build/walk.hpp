// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "dnschain/build/finding.hpp"

namespace mooring::dnschain {

struct WalkRules {
  std::size_t aliases = 8;
  std::vector<Name> anchors;  ///< zones to stop at, the closest first; the root where there is none
};

/// Follows `owner`'s TLSA RRset, or what stands in its place, up to the anchors through `answers`
/// (borrowed by the finding). The same answers always lead as far. The proof is whole, or empty
/// when something is wanted or wrong.
[[nodiscard]] Finding walk(const Name& owner, const AnswerSet& answers, const WalkRules& rules);

}  // namespace mooring::dnschain
