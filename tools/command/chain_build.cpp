// SPDX-License-Identifier: GPL-3.0-or-later
#include <CLI/CLI.hpp>
#include <memory>

#include "tools/base/endpoint.hpp"
#include "tools/client/resolver_client.hpp"
#include "tools/command/command.hpp"
#include "tools/command/report_options.hpp"
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
  const auto judge = load_judge(options.report.trust, environment);
  if (!judge) return tl::make_unexpected(judge.error());
  const auto chain =
      build_chain(*service, *resolver, *judge, milliseconds_of(options.timeout), environment);
  if (!chain) return tl::make_unexpected(chain.error());
  dnschain::ExtensionBody body;
  body.support_lifetime = std::chrono::hours{options.lifetime};
  body.records = chain->records;
  if (options.prefix) body.prefix = dnschain::ChainPrefix::present;
  const ChainUnderTest built{*service, serialise(body), "built from " + resolver->text()};
  return report(built, judge_chain(built, *judge), options.report, std::nullopt, {}, environment);
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
  add_timeout_option(*command, options->timeout, "for the whole, in seconds");
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
