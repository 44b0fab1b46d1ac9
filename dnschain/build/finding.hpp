// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dnschain/build/answer_set.hpp"

namespace mooring::dnschain {

enum class Trust : std::uint8_t {
  secure,    ///< signed all the way up
  insecure,  ///< a proof is there that a zone on the way is not signed
  pending,   ///< more answers are wanted
  failed,    ///< `error` says why
};

/// How far the answers at hand lead on one part of the way, and what it took. Borrows the answers.
struct Finding {
  Trust trust = Trust::secure;
  std::vector<Question> wanted;           ///< nothing can be said without these
  std::vector<Question> hinted;           ///< probably wanted next
  std::vector<const AnswerRrset*> proof;  ///< each RRset once, what is above first
  std::optional<Error> error;             ///< the first that was met

  /// A question that nothing can be said without: `pending` from now on.
  void want(const Question& question);
  /// A question that is probably wanted next, unless its answer is there.
  void hint(const AnswerSet& answers, const Name& owner, RrType type);
  void take(const AnswerRrset* rrset);
  void take(const std::vector<const AnswerRrset*>& rrsets);
  /// `failed` from now on. An error that was met before stays.
  void fail(Error why);
  /// Appends what the next part came to, and has its trust from now on, which is returned.
  Trust add(Finding part);
};

/// The answer to a question; null when there is none yet, and then `finding` wants it, or none of
/// use, and then `finding` has failed.
[[nodiscard]] const Answer* answer_to(const AnswerSet& answers, const Name& owner, RrType type,
                                      Finding& finding);

}  // namespace mooring::dnschain
