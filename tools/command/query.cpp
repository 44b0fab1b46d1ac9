// SPDX-License-Identifier: GPL-3.0-or-later
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <memory>

#include "tools/base/files.hpp"
#include "tools/client/asking.hpp"
#include "tools/client/dot_client.hpp"
#include "tools/command/command.hpp"
#include "tools/command/plus_words.hpp"
#include "tools/command/query_options.hpp"
#include "tools/command/server_options.hpp"
#include "tools/report/authentication_text.hpp"
#include "tools/report/chain_json.hpp"
#include "tools/report/query_output.hpp"
#include "tools/tlsa/certificate.hpp"

namespace mooring::tools {

namespace {

/// Whether the server must prove who it is: when anything was said about that.
bool wants_authentication(const QueryOptions& options) {
  return !options.no_auth && (!options.trust.anchor.empty() || !options.ca_file.empty() ||
                              !options.server.name.empty());
}

Outcome<dnschain::AuthenticationPolicy> make_policy(const QueryOptions& options,
                                                    const Endpoint& server,
                                                    const Environment& environment) {
  dnschain::AuthenticationPolicy policy;
  const auto at = moment(options.trust, environment);
  if (!at) return tl::make_unexpected(at.error());
  policy.at = *at;
  if (!wants_authentication(options)) return policy;
  auto service = named_service(options.server, server);
  if (!service) return tl::make_unexpected(service.error());
  policy.service = *std::move(service);
  if (!options.ca_file.empty()) {
    const auto file = read_file(options.ca_file);
    if (!file) return tl::make_unexpected(file.error());
    auto authorities = read_authorities(*file, options.ca_file);
    if (!authorities) return tl::make_unexpected(authorities.error());
    policy.authorities = *std::move(authorities);
  }
  // Authorities alone were asked for: no chain is needed.
  if (options.trust.anchor.empty() && !policy.authorities.empty()) return policy;
  auto anchor = load_anchor(options.trust);
  if (!anchor) return tl::make_unexpected(anchor.error());
  policy.anchor = *std::move(anchor);
  return policy;
}

/// What is known of a session after its handshake: also whether its server is the one that was
/// meant.
QuerySession authenticated(DotClient& client, const DotSettings& settings,
                           const dnschain::AuthenticationPolicy& policy) {
  const dnschain::Presentation presentation{client.presented(), client.chain()};
  auto found = dnschain::authenticate(presentation, policy);
  std::string text = authentication_text(found, presentation, policy);
  return {client.peer(), settings.server_name, client.info(),
          policy,        std::move(found),     std::move(text)};
}

void print(const QuerySession& session, const std::vector<Answer>& answers,
           const QueryOptions& options, Environment& environment) {
  if (options.json) {
    environment.out << dump(query_json(session, answers));
    return;
  }
  if (options.short_form) {
    for (const Answer& answer : answers) environment.out << short_text(answer.message);
    return;
  }
  if (options.shown.comments) {
    environment.out << session_text(session, {environment.utf8, environment.colour});
  }
  for (const Answer& answer : answers) {
    environment.out << (options.shown.comments ? "\n" : "")
                    << answer_text(answer, session, options.shown);
  }
}

Outcome<ExitStatus> run(const QueryOptions& given, Environment& environment) {
  const auto plan = plan_query(given);
  if (!plan) return tl::make_unexpected(plan.error());
  const QueryOptions& options = plan->options;
  const auto policy = make_policy(options, plan->server, environment);
  if (!policy) return tl::make_unexpected(policy.error());
  auto settings = dot_settings(options.server, plan->server);
  if (policy->anchor) settings.chain_port = options.server.chain_port;
  auto client = DotClient::connect(settings);
  if (!client) return tl::make_unexpected(client.error());
  const QuerySession session = authenticated(**client, settings, *policy);
  if (session.authentication.refusal) {
    (*client)->close();
    if (options.json) print(session, {}, options, environment);
    return refused(session.authentication_text);
  }
  const auto answers = ask(**client, plan->questions, settings.timeout);
  (*client)->close();
  if (!answers) return tl::make_unexpected(answers.error());
  print(session, *answers, options, environment);
  return ExitStatus::ok;
}

void add_message_flags(CLI::App& command, QueryOptions& options) {
  command.add_flag("--dnssec", options.dnssec, "ask for DNSSEC records (DO)");
  command.add_flag("--cd", options.checking_disabled, "ask for unvalidated answers (CD)");
  command.add_flag("--no-recurse", options.no_recurse, "do not ask for recursion (RD clear)");
  command.add_flag("--no-edns", options.no_edns, "send no OPT record, and so no padding")
      ->excludes("--dnssec");
  command.add_flag("--json", options.json, "print one JSON object");
}

/// What has its meaning from its place among the others. The vectors are CLI11's own; read_words()
/// takes what it needs from the order in which it found them.
struct OrderedOptions {
  std::vector<CLI::Option*> options;
  std::vector<std::vector<std::string>> values{5};
};

void add_words(CLI::App& command, OrderedOptions& ordered) {
  struct Word {
    const char* name;
    const char* metavariable;
    const char* help;
  };
  static constexpr std::array kWords{
      Word{"WORDS", "",
           "[@HOST[:PORT]] NAME [TYPE] [CLASS] [NAME [TYPE]]... (default @127.0.0.1:853, A), and "
           "the +words below"},
      Word{"-q", "NAME", "a name, whatever it looks like"},
      Word{"-x", "ADDRESS", "the name that an address has in the reverse tree; type PTR"},
      Word{"-t", "TYPE", "type of the name before it, or of all that follow"},
      Word{"-c", "CLASS", "class likewise: IN, CH, HS, CLASS3"}};
  for (std::size_t i = 0; i < kWords.size(); ++i) {
    CLI::Option* option =
        command.add_option(kWords.at(i).name, ordered.values.at(i), kWords.at(i).help);
    if (i > 0) option->allow_extra_args(false)->type_name(kWords.at(i).metavariable);
    ordered.options.push_back(option);
  }
}

/// "WORDS" as they are, the others with their option before them, all in their order.
std::vector<std::string> read_words(const CLI::App& command, const OrderedOptions& ordered) {
  std::vector<std::string> words;
  std::vector<std::size_t> taken(ordered.options.size());
  for (const CLI::Option* option : command.parse_order()) {
    const auto found = std::ranges::find(ordered.options, option);
    if (found == ordered.options.end()) continue;
    const auto which = static_cast<std::size_t>(found - ordered.options.begin());
    if (which > 0) words.push_back(option->get_name());
    words.push_back(option->results().at(taken.at(which)++));
  }
  return words;
}

}  // namespace

void add_query(CLI::App& parent, Action& action) {
  CLI::App* command =
      parent.add_subcommand("query", "Ask a DNS-over-TLS server, once it has proven who it is");
  auto options = std::make_shared<QueryOptions>();
  auto ordered = std::make_shared<OrderedOptions>();
  add_words(*command, *ordered);
  command->add_option("-p", options->port, "port of a server that is named without one")
      ->check(CLI::Range(1, 65535))
      ->type_name("PORT")
      ->capture_default_str();
  add_server_options(*command, options->server);
  add_trust_options(*command, options->trust);
  command
      ->add_option("--ca", options->ca_file,
                   "authenticate by a certificate of these authorities (PEM); with --anchor, only "
                   "where the chain is missing or proves that there is no TLSA record")
      ->type_name("FILE");
  command
      ->add_flag("--no-auth", options->no_auth,
                 "ask whoever answers, even with --name: opportunistic privacy")
      ->excludes("--ca")
      ->excludes("--anchor");
  add_message_flags(*command, *options);
  command->footer(
      "With --name, --anchor or --ca the server must prove that it is NAME, or it is not asked\n"
      "and the exit status is 1. Without them anybody who answers is asked, and the output says\n"
      "\"not authenticated\". All questions are sent at once on one session.\n"
      "Words of dig are obeyed (for all questions), any other is refused:\n" +
      plus_words_help() +
      "\n"
      "Exit status: 0 answered (whatever the answer); 1 not authenticated; 2 anything else.\n"
      "Example: mooring query @192.0.2.1 --name dot.example.net www.example.org AAAA");
  command->callback([options, ordered, command, &action] {
    options->words = read_words(*command, *ordered);
    action = [options](Environment& environment) { return run(*options, environment); };
  });
}

}  // namespace mooring::tools
