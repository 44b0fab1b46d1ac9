// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/build/answer_set.hpp"

namespace mooring::dnschain {

void AnswerSet::add(const Question& question, Result<Answer> answer) {
  has_signatures_ = has_signatures_ || (answer && answer->has_signatures());
  answers_.try_emplace({question.owner, question.type}, std::move(answer));
}

const Result<Answer>* AnswerSet::find(const Name& owner, RrType type) const {
  const auto found = answers_.find({owner, type});
  return found == answers_.end() ? nullptr : &found->second;
}

}  // namespace mooring::dnschain
