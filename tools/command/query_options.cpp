// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/command/query_options.hpp"

#include "tools/command/plus_words.hpp"
#include "tools/report/dns_names.hpp"

namespace mooring::tools {

namespace {

constexpr std::uint16_t kTypeA = 1;
constexpr std::uint16_t kTypeNs = 2;
constexpr std::uint16_t kTypePtr = 12;
constexpr std::uint16_t kClassIn = 1;
constexpr std::size_t kMostQuestions = 1000;

/// A type or a class: what was said of it for all names, and whether it was said for the last one.
struct Setting {
  const char* what;
  std::uint16_t QuestionToAsk::*field;
  std::optional<std::uint16_t> for_all;
  bool said = false;
};

/// The words one after the other, and what they have come to.
class Reading {
 public:
  explicit Reading(const QueryOptions& options) { plan_.options = options; }

  Outcome<void> option(const std::string& option, const std::string& value);
  Outcome<void> word(const std::string& word);
  Outcome<QueryPlan> finish() &&;

 private:
  Outcome<void> ask(const std::string& text, std::uint16_t type);
  Outcome<void> set(Setting& setting, const std::string& word, std::uint16_t value);
  Outcome<void> set_server(std::string_view text);

  QueryPlan plan_;
  Setting type_{"type", &QuestionToAsk::type, {}};
  Setting class_{"class", &QuestionToAsk::rr_class, {}};
  bool has_server_ = false;
};

Outcome<void> Reading::ask(const std::string& text, std::uint16_t type) {
  auto name = dnschain::Name::parse(text);
  if (!name) return trouble("\"" + text + "\" is no domain name: " + name.error().context);
  if (plan_.questions.size() == kMostQuestions) return trouble("more than 1000 questions at once");
  QuestionToAsk question;
  question.name = *std::move(name);
  question.type = type;
  question.rr_class = class_.for_all.value_or(kClassIn);
  plan_.questions.push_back(std::move(question));
  type_.said = class_.said = false;
  return {};
}

Outcome<void> Reading::set(Setting& setting, const std::string& word, std::uint16_t value) {
  const bool first = plan_.questions.empty();
  if (first ? setting.for_all.has_value() : setting.said) {
    return trouble("\"" + word + "\" is a second " + setting.what +
                   (first ? "" : " for " + plan_.questions.back().name.text()) +
                   " (-q asks for a name that is like one)");
  }
  if (first) {
    setting.for_all = value;
  } else {
    plan_.questions.back().*setting.field = value;
    setting.said = true;
  }
  return {};
}

Outcome<void> Reading::set_server(std::string_view text) {
  auto server = parse_endpoint(text, plan_.options.port);
  if (!server) return tl::make_unexpected(server.error());
  if (std::exchange(has_server_, true)) return trouble("more than one server was named");
  plan_.server = *std::move(server);
  return {};
}

Outcome<void> Reading::option(const std::string& option, const std::string& value) {
  if (option == "-q") return ask(value, type_.for_all.value_or(kTypeA));
  if (option == "-x") {
    const auto name = reverse_name(value);
    if (!name) return trouble("-x \"" + value + "\" is no IPv4 or IPv6 address");
    return ask(*name, kTypePtr);
  }
  Setting& setting = option == "-t" ? type_ : class_;
  const auto number = option == "-t" ? type_number(value) : class_number(value);
  if (!number) return trouble("\"" + value + "\" is no " + setting.what);
  return set(setting, value, *number);
}

Outcome<void> Reading::word(const std::string& word) {
  if (word.starts_with('@')) return set_server(std::string_view(word).substr(1));
  if (word.starts_with('+')) return obey_plus_word(word, plan_.options);
  if (const auto type = type_number(word)) return set(type_, word, *type);
  if (const auto rr_class = class_number(word)) return set(class_, word, *rr_class);
  return ask(word, type_.for_all.value_or(kTypeA));
}

Outcome<QueryPlan> Reading::finish() && {
  QueryOptions& options = plan_.options;
  if (options.no_edns && options.dnssec) {
    return trouble("DNSSEC records cannot be asked for without EDNS");
  }
  if (options.no_auth && !options.ca_file.empty()) {
    return trouble("--no-auth and certificate authorities exclude each other");
  }
  if (!has_server_) plan_.server.port = options.port;
  if (plan_.questions.empty()) {
    auto root = ask(".", type_.for_all.value_or(kTypeNs));
    if (!root) return tl::make_unexpected(root.error());
  }
  for (QuestionToAsk& question : plan_.questions) {
    question.dnssec_ok = options.dnssec;
    question.checking_disabled = options.checking_disabled;
    question.authentic_data = !options.no_ad;
    question.edns = !options.no_edns;
    question.recurse = !options.no_recurse;
    question.nsid = options.nsid;
    question.padding_block = options.padding_block;
    question.udp_size = options.udp_size;
  }
  return std::move(plan_);
}

bool takes_value(const std::string& word) {
  return word == "-q" || word == "-x" || word == "-t" || word == "-c";
}

}  // namespace

Outcome<QueryPlan> plan_query(const QueryOptions& options) {
  Reading reading(options);
  const auto& words = options.words;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool pair = takes_value(words[i]) && i + 1 < words.size();
    auto read = pair ? reading.option(words[i], words[i + 1]) : reading.word(words[i]);
    if (!read) return tl::make_unexpected(read.error());
    if (pair) ++i;
  }
  return std::move(reading).finish();
}

}  // namespace mooring::tools
