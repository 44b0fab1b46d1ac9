// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <utility>

#include "dnschain/build/answer.hpp"

namespace mooring::dnschain {

/// What has come of the questions so far: answers, or why there is none.
class AnswerSet {
 public:
  /// Keeps the first answer to a question only.
  void add(const Question& question, Result<Answer> answer);
  /// Null when nothing has come yet. Stays where it is.
  [[nodiscard]] const Result<Answer>* find(const Name& owner, RrType type) const;
  /// Some answer holds an RRSIG.
  [[nodiscard]] bool has_signatures() const { return has_signatures_; }

 private:
  std::map<std::pair<Name, RrType>, Result<Answer>> answers_;
  bool has_signatures_ = false;
};

}  // namespace mooring::dnschain
