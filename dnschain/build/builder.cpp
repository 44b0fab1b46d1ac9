// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/build/builder.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "dnschain/build/walk.hpp"

namespace mooring::dnschain {

struct Builder::State {
  State(Service about, BuilderLimits bounds, std::vector<Name> anchors)
      : service(std::move(about)), limits(bounds), rules{bounds.aliases, std::move(anchors)} {
    look();
  }

  /// Goes as far as the answers lead and lines up the questions that follow.
  void look();
  void line_up(const std::vector<Question>& questions);
  void receive(const Question& question, Result<Answer> answer);
  Chain collect(const std::vector<const AnswerRrset*>& proof) const;

  using Key = std::pair<Name, RrType>;

  Service service;
  BuilderLimits limits;
  WalkRules rules;
  AnswerSet answers;
  std::optional<AnswerSet> unchecked;  ///< the answers with CD set, once it is asked without
  std::set<Key> asked;                 ///< handed out or lined up
  std::set<Key> open;                  ///< handed out and not answered
  std::vector<Question> lined_up;
  std::optional<WallTime> fetched;
  bool looked = false;  ///< no answer has come since the last look
  std::optional<Result<Chain>> result;
};

void Builder::State::line_up(const std::vector<Question>& questions) {
  for (const Question& question : questions) {
    if (asked.size() >= limits.questions) return;
    if (!asked.insert({question.owner, question.type}).second) continue;
    lined_up.push_back({question.owner, question.type, !unchecked.has_value()});
  }
}

void Builder::State::look() {
  if (result || looked) return;
  looked = true;
  const Finding found = walk(service.tlsa_owner(), answers, rules);
  if (found.error) {
    result = tl::unexpected(*found.error);
  } else if (found.wanted.empty()) {
    result = collect(found.proof);
  } else {
    line_up(found.wanted);
    const bool hopeless = std::ranges::any_of(found.wanted, [&](const Question& question) {
      return !asked.contains({question.owner, question.type});
    });
    if (hopeless)
      result = tl::unexpected(Error{
          ErrorCode::limit,
          service.text() + " needs more than " + std::to_string(limits.questions) + " questions"});
    else
      line_up(found.hinted);
  }
  if (result) lined_up.clear();
}

Chain Builder::State::collect(const std::vector<const AnswerRrset*>& proof) const {
  Chain chain;
  chain.fetched = fetched.value_or(WallTime());
  // The walk takes what is above first; a chain begins with its target.
  for (auto rrset = proof.rbegin(); rrset != proof.rend(); ++rrset) {
    for (const auto* part : {&(*rrset)->records, &(*rrset)->signatures})
      chain.records.insert(chain.records.end(), part->begin(), part->end());
  }
  return chain;
}

void Builder::State::receive(const Question& question, Result<Answer> answer) {
  if (result || question.checking_disabled == unchecked.has_value()) return;
  if (open.erase({question.owner, question.type}) == 0) return;
  const Result<Answer>* before =
      unchecked ? unchecked->find(question.owner, question.type) : nullptr;
  if (!answer && before != nullptr) answer = *before;
  answers.add(question, std::move(answer));
  looked = false;
}

Builder::Builder(Service service, BuilderLimits limits, std::vector<Name> anchors)
    : state_(std::make_unique<State>(std::move(service), limits, std::move(anchors))) {}
Builder::~Builder() = default;
Builder::Builder(Builder&&) noexcept = default;
Builder& Builder::operator=(Builder&&) noexcept = default;

std::vector<Question> Builder::take_questions() {
  state_->look();
  for (const Question& question : state_->lined_up)
    state_->open.insert({question.owner, question.type});
  return std::exchange(state_->lined_up, {});
}

void Builder::answer(const Question& question, ByteView message, WallTime now) {
  // The chain is as old as its oldest answer: a TTL counted from there never ends too late.
  state_->fetched = state_->fetched ? std::min(*state_->fetched, now) : now;
  state_->receive(question, read_answer(question, message));
}

void Builder::fail(const Question& question, std::string_view reason) {
  state_->receive(question,
                  tl::unexpected(Error{ErrorCode::resolver,
                                       reason.empty() ? "no answer" : std::string(reason)}));
}

bool Builder::ask_again() {
  State& state = *state_;
  if (!done() || state.unchecked) return false;
  if (!*state.result && state.result->error().code != ErrorCode::unproven) return false;
  state.unchecked = std::exchange(state.answers, {});
  state.asked.clear();
  state.open.clear();
  state.result.reset();
  state.looked = false;
  return true;
}

bool Builder::done() const {
  state_->look();
  return state_->result.has_value();
}

Result<Chain> Builder::result() const {
  state_->look();
  if (state_->result) return *state_->result;
  return tl::unexpected(Error{ErrorCode::resolver, state_->service.text() + ": still being built"});
}

}  // namespace mooring::dnschain
