// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/query_options.hpp"

namespace mooring::tools {

namespace {

constexpr std::uint16_t kTypeA = 1;
constexpr std::uint16_t kTypeNs = 2;
constexpr std::size_t kMostQuestions = 1000;

QuestionToAsk blank_question(const QueryOptions& options) {
  QuestionToAsk question;
  question.dnssec_ok = options.dnssec;
  question.checking_disabled = options.checking_disabled;
  question.edns = !options.no_edns;
  question.recurse = !options.no_recurse;
  return question;
}

}  // namespace

Outcome<QueryPlan> plan_query(const QueryOptions& options) {
  QueryPlan plan;
  // Whether the last name may still get a type: a second type word is a name.
  bool typed = true;
  for (const std::string& word : options.words) {
    if (word.starts_with('@')) {
      auto server = parse_endpoint(std::string_view(word).substr(1), kDotPort);
      if (!server) return tl::make_unexpected(server.error());
      plan.server = *std::move(server);
      continue;
    }
    const auto type = type_number(word);
    if (type && !typed) {
      plan.questions.back().type = *type;
      typed = true;
      continue;
    }
    auto name = dnschain::Name::parse(word);
    if (!name) return trouble("\"" + word + "\" is no domain name: " + name.error().context);
    QuestionToAsk question = blank_question(options);
    question.name = *std::move(name);
    question.type = kTypeA;
    plan.questions.push_back(std::move(question));
    typed = false;
  }
  if (plan.questions.size() > kMostQuestions) return trouble("more than 1000 questions at once");
  if (plan.questions.empty()) {
    plan.questions.push_back(blank_question(options));
    plan.questions.back().type = kTypeNs;
  }
  return plan;
}

}  // namespace mooring::tools
