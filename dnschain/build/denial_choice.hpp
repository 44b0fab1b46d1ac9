// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <vector>

#include "dnschain/build/answer_set.hpp"
#include "dnschain/proof/denial.hpp"

namespace mooring::dnschain {

/// The fewest RRsets that deny something, borrowed from the answers.
struct DenialChoice {
  DenialKind kind = DenialKind::none;
  std::optional<Name> signer;
  std::vector<const AnswerRrset*> rrsets;
  std::optional<Question> missing;  ///< of `none`: what to ask to learn of an RRset that is missing
};

/// The denial of `type` at `name` (RFC 4035, 5.4; RFC 5155, 8.4 to 8.9): from the NSEC and NSEC3
/// RRsets that `answer` holds, and where it leaves some out from those that `others` hold. It
/// judges the shape only; signatures are the verifier's.
[[nodiscard]] DenialChoice choose_denial(const Name& name, RrType type, const Answer& answer,
                                         const AnswerSet& others);

/// The denial that goes with a wildcard answer signed by `signer`: `next_closer` does not exist
/// (RFC 4035, 5.3.4; RFC 5155, 8.8).
[[nodiscard]] DenialChoice choose_next_closer(const Name& next_closer, const Name& signer,
                                              const Answer& answer, const AnswerSet& others);

}  // namespace mooring::dnschain
