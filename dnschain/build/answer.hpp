// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dnschain/dns/message.hpp"

namespace mooring::dnschain {

/// An RRset as one answer gave it, with the RRSIGs over it from the same section. All are
/// well-formed, and there is at least one record.
struct AnswerRrset {
  Name owner;
  RrType type{};
  std::vector<Record> records;
  std::vector<Record> signatures;
};

/// The zone whose keys made the RRSIGs of `rrset`: the deepest signer name that may sign for its
/// owner (RFC 4035, 5.3.1). Nothing when there is no such RRSIG.
[[nodiscard]] std::optional<Name> signer_of(const AnswerRrset& rrset);

/// The name that a wildcard answer shows not to exist: one label below the closest encloser that
/// the RRSIG's label count tells (RFC 4035, 5.3.4). Nothing when no wildcard was expanded.
[[nodiscard]] std::optional<Name> next_closer_of(const AnswerRrset& rrset);

/// The only name in the RDATA of a CNAME or DNAME record.
[[nodiscard]] std::optional<Name> target_of(const AnswerRrset& rrset);

/// What the answer to one question holds.
struct Answer {
  Rcode rcode{};
  std::vector<AnswerRrset> answer;
  std::vector<AnswerRrset> authority;

  [[nodiscard]] const AnswerRrset* find(const Name& owner, RrType type) const;
  [[nodiscard]] bool has_signatures() const;
};

/// The alias that stands at or above `name`: a CNAME, or the DNAME that it was made from (RFC 6672,
/// 3.1), whose own RRSIG is the proof. Null when there is none.
[[nodiscard]] const AnswerRrset* alias_at(const Name& name, const Answer& answer);

/// A whole message as the answer to `question`. An error when it is none, or of no use.
[[nodiscard]] Result<Answer> read_answer(const Question& question, ByteView message);

}  // namespace mooring::dnschain
