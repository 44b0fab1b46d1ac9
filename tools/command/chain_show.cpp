// SPDX-License-Identifier: GPL-3.0-or-later
#include <CLI/CLI.hpp>
#include <memory>

#include "tools/client/resolver_client.hpp"
#include "tools/command/command.hpp"
#include "tools/command/report_options.hpp"
#include "tools/command/server_options.hpp"
#include "tools/report/authentication_text.hpp"
#include "tools/report/chain_compare.hpp"
#include "tools/report/chain_json.hpp"
#include "tools/tlsa/certificate.hpp"

namespace mooring::tools {

namespace {

struct Options {
  std::string server;
  std::string resolver;
  ServerOptions connection;
  ReportOptions report;
};

/// What a server sent in one handshake.
struct Seen {
  ChainUnderTest chain;
  dnschain::PresentedIdentity presented;
  tlsext::SessionInfo tls;
  std::string peer;
};

Outcome<Seen> look(const Options& options, const Endpoint& server,
                   const dnschain::Service& service) {
  DotSettings settings = dot_settings(options.connection, server);
  settings.chain_port = options.connection.chain_port;
  const auto client = DotClient::connect(settings);
  if (!client) return tl::make_unexpected(client.error());
  auto body = (*client)->chain();
  Seen seen{{service, {}, "sent by " + (*client)->peer()},
            (*client)->presented(),
            (*client)->info(),
            (*client)->peer()};
  (*client)->close();
  if (!body) {
    return trouble(seen.peer + " sent no dnssec_chain extension for " + service.text() +
                   " (--chain-port asks for another port)");
  }
  seen.chain.body = *std::move(body);
  return seen;
}

Outcome<std::optional<ChainComparison>> compare(const Options& options, const Judgement& judgement,
                                                const dnschain::Service& service,
                                                const Environment& environment) {
  if (options.resolver.empty()) return std::nullopt;
  const auto resolver = parse_endpoint(options.resolver, kDnsPort);
  if (!resolver) return tl::make_unexpected(resolver.error());
  const auto anchor = load_anchor(options.report.trust);
  if (!anchor) return tl::make_unexpected(anchor.error());
  const auto chain = build_chain(service, *resolver, {*anchor, judgement.at},
                                 milliseconds_of(options.connection.timeout), environment);
  if (!chain) return tl::make_unexpected(chain.error());
  return compare_chains(judgement.verdict,
                        dnschain::verify(chain->records, service, *anchor, judgement.at));
}

Json more_json(const Seen& seen, const std::optional<CertificateMatch>& match,
               const std::optional<ChainComparison>& comparison) {
  Json more{{"server", seen.peer}, {"tls_version", version_name(seen.tls.version)}};
  const auto keys = read_presented(seen.presented);
  if (!keys.empty()) {
    const auto digest = make_tlsa(keys.front(), 3, 1, 1);
    more["certificate"] = {{"subject", keys.front().subject},
                           {"text", describe(keys.front())},
                           {"spki_sha256", digest ? to_json(*digest)["data"] : nullptr},
                           {"matches", match && match->record}};
    if (match && match->record) more["certificate"]["matched"] = to_json(*match->record);
  }
  if (comparison) more["resolver"] = comparison_json(*comparison);
  return more;
}

Outcome<ExitStatus> run(const Options& options, Environment& environment) {
  const auto server = parse_endpoint(options.server, kDotPort);
  if (!server) return tl::make_unexpected(server.error());
  const auto service = named_service(options.connection, *server);
  if (!service) return tl::make_unexpected(service.error());
  const auto seen = look(options, *server, *service);
  if (!seen) return tl::make_unexpected(seen.error());
  const auto judgement = judge(seen->chain, options.report, environment);
  if (!judgement) return tl::make_unexpected(judgement.error());
  const auto match =
      match_certificate(judgement->verdict, seen->presented, *service, judgement->at);
  const auto comparison = compare(options, *judgement, *service, environment);
  if (!comparison) return tl::make_unexpected(comparison.error());
  const auto status = report(seen->chain, *judgement, options.report, match,
                             more_json(*seen, match, *comparison), environment);
  if (status && *comparison && !options.report.json) {
    environment.out << "\n"
                    << comparison_text(**comparison, {environment.utf8, environment.colour});
  }
  return status;
}

}  // namespace

void add_chain_show(CLI::App& parent, Action& action) {
  CLI::App* command = parent.add_subcommand(
      "show", "Show the chain that a server sends in its TLS handshake, and judge it");
  auto options = std::make_shared<Options>();
  command->add_option("HOST", options->server, "HOST or HOST:PORT to connect to (port 853)")
      ->required();
  add_server_options(*command, options->connection);
  command
      ->add_option("--resolver", options->resolver,
                   "compare with what this recursive resolver says now")
      ->type_name("ADDRESS:PORT");
  add_report_options(*command, options->report);
  command->footer(
      "Exit status: 0 secure, denial or insecure (see --require); 1 bogus; 2 not judged, also\n"
      "when the server sends no chain.\n"
      "Example: mooring chain show 192.0.2.1 --name dot.example.net --out chain.bin");
  command->callback([options, &action] {
    action = [options](Environment& environment) { return run(*options, environment); };
  });
}

}  // namespace mooring::tools
