// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <utility>

#include "dnschain/build/answer.hpp"

namespace mooring::dnschain {

/// The answers that have come in, by question.
class AnswerSet {
 public:
  /// Keeps the first answer to a question only.
  void add(const Question& question, Answer answer);
  /// Null when there is none yet. Stays where it is.
  [[nodiscard]] const Answer* find(const Name& owner, RrType type) const;
  /// Some answer holds an RRSIG.
  [[nodiscard]] bool has_signatures() const { return has_signatures_; }

 private:
  std::map<std::pair<Name, RrType>, Answer> answers_;
  bool has_signatures_ = false;
};

}  // namespace mooring::dnschain
