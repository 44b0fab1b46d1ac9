// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "dnschain/build/finding.hpp"

namespace mooring::dnschain {

/// What the way leads through, and where it ends. Borrows the answers.
struct Way {
  const AnswerSet& answers;
  const std::vector<Name>& anchors;  ///< zones to stop at, the closest first

  /// The zone at which the proof for `name` begins, the root when no anchor is above it.
  [[nodiscard]] Name anchor_of(const Name& name) const;
  [[nodiscard]] bool is_anchor(const Name& zone) const { return anchor_of(zone) == zone; }
};

/// The keys of `zone` and of all zones above it up to the anchor, each with the DS RRset that
/// vouches for them; or the proof that one of these zones is not signed by its parent's word.
[[nodiscard]] Finding vouch_for(const Way& way, const Name& zone);

/// Looks from the anchor down for the insecure delegation at or above `name`: `insecure` with its
/// proof, `secure` when there is none.
[[nodiscard]] Finding find_cut(const Way& way, const Name& name);

/// What shows that `rrset`, which has no RRSIG, needs none; failed when nothing does.
[[nodiscard]] Finding excuse_unsigned(const Way& way, const AnswerRrset& rrset);

}  // namespace mooring::dnschain
