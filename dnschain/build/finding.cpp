// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/build/finding.hpp"

#include <algorithm>

namespace mooring::dnschain {
namespace {

void note(std::vector<Question>& list, Question question) {
  if (std::ranges::find(list, question) == list.end()) list.push_back(std::move(question));
}

void append(std::vector<Question>& list, std::vector<Question>&& more) {
  if (list.empty())
    list = std::move(more);
  else
    for (Question& question : more) note(list, std::move(question));
}

bool is_same(const AnswerRrset& a, const AnswerRrset& b) {
  return a.type == b.type && a.owner == b.owner &&
         // Parent and child can each have an NSEC record at the name of a zone cut.
         (a.type != RrType::nsec || signer_of(a) == signer_of(b));
}

}  // namespace

void Finding::want(const Question& question) {
  note(wanted, question);
  trust = Trust::pending;
}

void Finding::hint(const AnswerSet& answers, const Name& owner, RrType type) {
  if (answers.find(owner, type) == nullptr) note(hinted, {owner, type});
}

void Finding::take(const AnswerRrset* rrset) {
  const auto same = [&](const AnswerRrset* other) { return is_same(*other, *rrset); };
  if (std::ranges::none_of(proof, same)) proof.push_back(rrset);
}

void Finding::take(const std::vector<const AnswerRrset*>& rrsets) {
  for (const AnswerRrset* rrset : rrsets) take(rrset);
}

void Finding::fail(Error why) {
  if (!error) error = std::move(why);
  trust = Trust::failed;
}

Trust Finding::add(Finding part) {
  append(wanted, std::move(part.wanted));
  append(hinted, std::move(part.hinted));
  if (proof.empty())
    proof = std::move(part.proof);
  else
    take(part.proof);
  if (!error) error = std::move(part.error);
  trust = part.trust;
  return trust;
}

const Answer* answer_to(const AnswerSet& answers, const Name& owner, RrType type,
                        Finding& finding) {
  const Result<Answer>* answer = answers.find(owner, type);
  if (answer != nullptr && *answer) return &**answer;
  const Question question{owner, type};
  if (answer == nullptr)
    finding.want(question);
  else
    finding.fail({ErrorCode::resolver, to_text(question) + ": " + answer->error().context});
  return nullptr;
}

}  // namespace mooring::dnschain
