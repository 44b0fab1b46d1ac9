// SPDX-License-Identifier: GPL-3.0-or-later
#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <random>

#include "tools/certificate.hpp"
#include "tools/chain_json.hpp"
#include "tools/command.hpp"
#include "tools/dot_client.hpp"
#include "tools/files.hpp"
#include "tools/query_options.hpp"
#include "tools/query_output.hpp"
#include "tools/server_options.hpp"

namespace mooring::tools {

namespace {

using Clock = std::chrono::steady_clock;

/// Whether the server must prove who it is: when anything was said about that.
bool wants_authentication(const QueryOptions& options) {
  return !options.no_auth && (!options.trust.anchor.empty() || !options.ca_file.empty() ||
                              !options.server.name.empty());
}

Outcome<AuthenticationPolicy> make_policy(const QueryOptions& options, const Endpoint& server,
                                          const Environment& environment) {
  AuthenticationPolicy policy;
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

/// Questions in flight on one session, matched with their answers (RFC 7766, 7).
class Asking {
 public:
  Asking(DotClient& client, std::chrono::milliseconds timeout)
      : client_(client), timeout_(timeout) {}

  /// Sends all questions in one write and waits for all answers, in any order.
  Outcome<std::vector<Answer>> ask(const std::vector<QuestionToAsk>& questions) {
    dnschain::Bytes out;
    for (const QuestionToAsk& question : questions) {
      const std::uint16_t id = unused_id();
      const dnschain::Bytes query = make_query(question, id);
      const dnschain::Bytes frame = framed(query);
      out.insert(out.end(), frame.begin(), frame.end());
      waiting_.emplace(id, Waiting{in_flight_++, query});
    }
    const auto start = Clock::now();
    if (auto sent = client_.send(out, deadline_in(timeout_)); !sent) {
      return tl::make_unexpected(sent.error());
    }
    return collect(start);
  }

 private:
  struct Waiting {
    std::size_t place = 0;
    dnschain::Bytes query;
  };

  Outcome<std::vector<Answer>> collect(Clock::time_point start) {
    std::vector<Answer> answers(in_flight_);
    Deadline deadline = deadline_in(timeout_);
    while (!waiting_.empty()) {
      const auto octets = client_.receive(deadline);
      if (!octets) return trouble("no answer: " + octets.error().text);
      const auto found = waiting_.find(message_id(*octets));
      // Anything else is not an answer to a question of ours and is passed over.
      if (found == waiting_.end() || !is_answer_to(*octets, found->second.query)) continue;
      auto message = parse_message(*octets);
      if (!message) return tl::make_unexpected(message.error());
      answers[found->second.place] = {
          *std::move(message),
          std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start)};
      waiting_.erase(found);
      deadline = deadline_in(timeout_);
    }
    return answers;
  }

  std::uint16_t unused_id() {
    for (;;) {
      const auto id = static_cast<std::uint16_t>(random_());
      if (!waiting_.contains(id)) return id;
    }
  }

  DotClient& client_;
  std::chrono::milliseconds timeout_;
  std::map<std::uint16_t, Waiting> waiting_;
  std::size_t in_flight_ = 0;
  std::random_device random_;
};

void print(const QuerySession& session, const std::vector<Answer>& answers,
           const QueryOptions& options, Environment& environment) {
  if (options.json) {
    environment.out << dump(query_json(session, answers));
    return;
  }
  environment.out << session_text(session, {environment.utf8, environment.colour});
  for (const Answer& answer : answers) environment.out << "\n" << answer_text(answer, session);
}

Outcome<ExitStatus> run(const QueryOptions& options, Environment& environment) {
  const auto plan = plan_query(options);
  if (!plan) return tl::make_unexpected(plan.error());
  const auto policy = make_policy(options, plan->server, environment);
  if (!policy) return tl::make_unexpected(policy.error());
  auto settings = dot_settings(options.server, plan->server);
  if (policy->anchor) settings.chain_port = options.server.chain_port;
  auto client = DotClient::connect(settings);
  if (!client) return tl::make_unexpected(client.error());
  const Presentation presentation{(*client)->presented(), (*client)->chain()};
  auto authentication = authenticate(presentation, *policy);
  if (!authentication) {
    (*client)->close();
    if (options.json) {
      print({(*client)->peer(), settings.server_name, (*client)->info(), *policy,
             unauthenticated(presentation, *policy, authentication.error().text)},
            {}, options, environment);
    }
    return tl::make_unexpected(authentication.error());
  }
  const auto answers = Asking(**client, settings.timeout).ask(plan->questions);
  (*client)->close();
  if (!answers) return tl::make_unexpected(answers.error());
  const QuerySession session{(*client)->peer(), settings.server_name, (*client)->info(), *policy,
                             *std::move(authentication)};
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

}  // namespace

void add_query(CLI::App& parent, Action& action) {
  CLI::App* command =
      parent.add_subcommand("query", "Ask a DNS-over-TLS server, once it has proven who it is");
  auto options = std::make_shared<QueryOptions>();
  command->add_option("WORDS", options->words,
                      "[@HOST[:PORT]] NAME [TYPE] [NAME [TYPE]]... (default @127.0.0.1:853, A)");
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
      "Exit status: 0 answered (whatever the answer); 1 not authenticated; 2 anything else.\n"
      "Example: mooring query @192.0.2.1 --name dot.example.net www.example.org AAAA");
  command->callback([options, &action] {
    action = [options](Environment& environment) { return run(*options, environment); };
  });
}

}  // namespace mooring::tools
