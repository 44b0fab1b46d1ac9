// SPDX-License-Identifier: GPL-3.0-or-later
#include <CLI/CLI.hpp>
#include <memory>

#include "tools/base/endpoint.hpp"
#include "tools/base/files.hpp"
#include "tools/command/command.hpp"
#include "tools/command/report_options.hpp"

namespace mooring::tools {

namespace {

struct Options {
  std::string file;
  std::string service;
  ReportOptions report;
};

Outcome<ExitStatus> run(const Options& options, Environment& environment) {
  const auto service = parse_service(options.service);
  if (!service) return tl::make_unexpected(service.error());
  auto body = read_file(options.file);
  if (!body) return tl::make_unexpected(body.error());
  const ChainUnderTest chain{*service, *std::move(body), options.file};
  const auto judgement = judge(chain, options.report, environment);
  if (!judgement) return tl::make_unexpected(judgement.error());
  return report(chain, *judgement, options.report, std::nullopt, {}, environment);
}

}  // namespace

void add_chain_verify(CLI::App& parent, Action& action) {
  CLI::App* command = parent.add_subcommand(
      "verify", "Judge a chain that is in a file: what it proves about NAME, and until when");
  auto options = std::make_shared<Options>();
  command
      ->add_option("FILE", options->file,
                   "an extension body as on the wire, such as --out keeps; - is standard input")
      ->required();
  command
      ->add_option("NAME", options->service, "NAME or NAME:PORT of the server (default port 853)")
      ->required();
  add_report_options(*command, options->report);
  command->footer(
      "Exit status: 0 secure, denial or insecure (see --require); 1 bogus; 2 not judged.\n"
      "Example: mooring chain verify chain.bin dot.example.net --at 2026-12-01");
  command->callback([options, &action] {
    action = [options](Environment& environment) { return run(*options, environment); };
  });
}

}  // namespace mooring::tools
