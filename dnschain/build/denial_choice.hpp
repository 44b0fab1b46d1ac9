// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <vector>

#include "dnschain/build/answer.hpp"

namespace mooring::dnschain {

enum class DenialKind : std::uint8_t {
  none,        ///< the candidates do not deny it
  no_data,     ///< the name, or the wildcard in its place, is there without the type
  name_error,  ///< there is no such name
  delegation,  ///< asked for DS: the name is a delegation without one
  insecure,    ///< it may be in an unsigned zone: NSEC3 opts out of saying, or is too costly
};

/// The fewest RRsets that deny something, or what to ask to learn the ones that are missing.
struct DenialChoice {
  DenialKind kind = DenialKind::none;
  bool costly = false;  ///< insecure because there are too many NSEC3 iterations
  std::optional<Name> signer;
  std::vector<const AnswerRrset*> rrsets;
  std::vector<Question> missing;
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
