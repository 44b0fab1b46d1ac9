// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/command/command.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "tools/base/text.hpp"

namespace mooring::tools {

namespace {

constexpr const char* kExitStatus =
    "Exit status: 0 done; 1 judged and refused (not authenticated, bogus, no match);\n"
    "2 could not be judged (usage, files, network, TLS, no answer).";

void add_groups(CLI::App& app, Action& action) {
  add_query(app, action);
  CLI::App* chain = app.add_subcommand("chain", "DNSSEC chains as RFC 9102 has them");
  chain->require_subcommand(1);
  add_chain_show(*chain, action);
  add_chain_build(*chain, action);
  add_chain_verify(*chain, action);
  add_chain_status(*chain, action);
  CLI::App* tlsa = app.add_subcommand("tlsa", "TLSA records: make, check, roll over");
  tlsa->require_subcommand(1);
  add_tlsa_create(*tlsa, action);
  add_tlsa_check(*tlsa, action);
  add_tlsa_rollover(*tlsa, action);
  add_ctl(app, action);
}

int fail(Environment& environment, const Failure& failure) {
  environment.err << "mooring: " << printable(failure.text) << "\n";
  return static_cast<int>(failure.status);
}

}  // namespace

int run_mooring(const std::vector<std::string>& arguments, Environment& environment) {
  CLI::App app{"DNS over TLS with servers that prove who they are (RFC 9102)", "mooring"};
  app.set_version_flag("--version", "mooring " MOORING_VERSION);
  app.require_subcommand(1);
  app.footer(kExitStatus);
  Action action;
  add_groups(app, action);
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    app.parse(std::move(reversed));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error, environment.out, environment.err);
    std::string text = error.what();
    std::ranges::replace(text, '\n', ' ');
    return fail(environment, {ExitStatus::trouble, text + " (see mooring --help)"});
  }
  const auto result = action(environment);
  if (!result) return fail(environment, result.error());
  if (!environment.out.flush()) {
    return fail(environment, {ExitStatus::trouble, "the output cannot be written"});
  }
  return static_cast<int>(*result);
}

}  // namespace mooring::tools
