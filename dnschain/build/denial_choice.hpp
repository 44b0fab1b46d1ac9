// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <vector>

#include "dnschain/build/answer.hpp"
#include "dnschain/proof/denial.hpp"

namespace mooring::dnschain {

/// The fewest RRsets that deny something, or what to ask to learn of one that is missing.
struct DenialChoice {
  DenialKind kind = DenialKind::none;
  std::optional<Name> signer;
  std::vector<const AnswerRrset*> rrsets;
  std::optional<Question> missing;
};

/// Chooses from `candidates` (borrowed; what is no signed NSEC or NSEC3 RRset is passed over) the
/// denial of `type` at `name`: RFC 4035, 5.4 and RFC 5155, 8.4 to 8.9. It judges the shape only;
/// signatures are the verifier's.
[[nodiscard]] DenialChoice choose_denial(const Name& name, RrType type,
                                         const std::vector<const AnswerRrset*>& candidates);

/// The denial that goes with a wildcard answer signed by `signer`: `next_closer` does not exist
/// (RFC 4035, 5.3.4; RFC 5155, 8.8).
[[nodiscard]] DenialChoice choose_next_closer(const Name& next_closer, const Name& signer,
                                              const std::vector<const AnswerRrset*>& candidates);

}  // namespace mooring::dnschain
