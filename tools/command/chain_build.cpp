// SPDX-License-Identifier: GPL-3.0-or-later
#include <CLI/CLI.hpp>
#include <memory>

#include "tools/base/endpoint.hpp"
#include "tools/client/resolver_client.hpp"
#include "tools/command/chain_report.hpp"
#include "tools/command/command.hpp"
#include "tools/command/server_options.hpp"

namespace mooring::tools {

namespace {

struct Options {
  std::string service;
  std::string resolver = "127.0.0.1:53";
  double timeout = 10;
  std::uint16_t lifetime = 0;
  bool prefix = false;
  ReportOptions report;
};

Outcome<ExitStatus> run(const Options& options, Environment& environment) {
  const auto service = parse_service(options.service);
  if (!service) return tl::make_unexpected(service.error());
  const auto resolver = parse_endpoint(options.resolver, kDnsPort);
  if (!resolver) return tl::make_unexpected(resolver.error());
  const auto anchor = load_anchor(options.report.trust);
  if (!anchor) return tl::make_unexpected(anchor.error());
  const auto at = moment(options.report.trust, environment);
  if (!at) return tl::make_unexpected(at.error());
  const auto chain = build_chain(*service, *resolver, {*anchor, *at},
                                 milliseconds_of(options.timeout), environment);
  if (!chain) return tl::make_unexpected(chain.error());
  dnschain::ExtensionBody body;
  body.support_lifetime = std::chrono::hours{options.lifetime};
  body.records = chain->records;
  if (options.prefix) body.prefix = dnschain::ChainPrefix::present;
  const ChainUnderTest built{*service, serialise(body), "built from " + resolver->text()};
  const auto judgement = judge(built, options.report, environment);
  if (!judgement) return tl::make_unexpected(judgement.error());
  return report(built, *judgement, options.report, std::nullopt, {}, environment);
}

}  // namespace

void add_chain_build(CLI::App& parent, Action& action) {
  CLI::App* command = parent.add_subcommand(
      "build", "Build the chain of NAME from what a recursive resolver says, and judge it");
  auto options = std::make_shared<Options>();
  command
      ->add_option("NAME", options->service, "NAME or NAME:PORT of the server (default port 853)")
      ->required();
  command->add_option("--resolver", options->resolver, "recursive resolver, asked over TCP")
      ->type_name("ADDRESS:PORT")
      ->capture_default_str();
  command->add_option("--timeout", options->timeout, "for the whole, in seconds")
      ->check(CLI::Range(0.001, 3600.0))
      ->type_name("SECONDS")
      ->capture_default_str();
  command->add_option("--lifetime", options->lifetime, "support lifetime in the body, in hours")
      ->type_name("HOURS")
      ->capture_default_str();
  command->add_flag("--length-prefix", options->prefix,
                    "put the two-octet length before the chain that RFC 9102, 2.3 declares");
  add_report_options(*command, options->report);
  command->footer(
      "Exit status: 0 secure, denial or insecure (see --require); 1 bogus; 2 not judged.\n"
      "Example: mooring chain build dot.example.net --resolver 127.0.0.1:53 --out chain.bin");
  command->callback([options, &action] {
    action = [options](Environment& environment) { return run(*options, environment); };
  });
}

}  // namespace mooring::tools
