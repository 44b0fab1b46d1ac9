// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "dnschain/build/answer.hpp"

namespace mooring::dnschain {

/// The answers that have come in, by question.
class AnswerSet {
 public:
  /// Keeps the first answer to a question only.
  void add(const Question& question, Answer answer);
  [[nodiscard]] const Answer* find(const Name& owner, RrType type) const;
  /// Some answer holds an RRSIG.
  [[nodiscard]] bool has_signatures() const { return has_signatures_; }

 private:
  std::map<std::pair<Name, RrType>, Answer> answers_;
  bool has_signatures_ = false;
};

struct WalkRules {
  std::size_t aliases = 8;
  std::vector<Name> anchors;  ///< zones to stop at, the closest first; the root where there is none
};

/// How far the answers at hand lead.
struct WalkResult {
  std::vector<Question> wanted;           ///< nothing can be said without these
  std::vector<Question> hinted;           ///< probably wanted next
  std::vector<const AnswerRrset*> proof;  ///< when nothing is wanted and there is no error
  std::optional<Error> error;
};

/// Follows `owner`'s TLSA RRset, or what stands in its place, up to the anchors through `answers`
/// (borrowed by the result). The same answers always lead as far.
[[nodiscard]] WalkResult walk(const Name& owner, const AnswerSet& answers, const WalkRules& rules);

}  // namespace mooring::dnschain
