// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/command/report_options.hpp"

#include <CLI/CLI.hpp>

#include "tools/base/files.hpp"
#include "tools/report/chain_json.hpp"

namespace mooring::tools {

namespace {

using dnschain::VerdictKind;

ChainParts parts_of(const ReportOptions& options) {
  if (options.tree_only) return ChainParts::tree;
  return options.records_only ? ChainParts::records : ChainParts::all;
}

Outcome<ExitStatus> status_of(const dnschain::Verdict& verdict, const std::string& service,
                              const ReportOptions& options) {
  if (verdict.kind == VerdictKind::bogus)
    return refused("the chain for " + service + " is bogus: " + verdict.reason);
  const std::string name = verdict_name(verdict.kind);
  if (!options.require.empty() && options.require != name)
    return refused("the verdict for " + service + " is " + name + ", not " + options.require);
  return ExitStatus::ok;
}

}  // namespace

void add_report_options(CLI::App& command, ReportOptions& options) {
  add_trust_options(command, options.trust);
  command
      .add_option("--out", options.out,
                  "keep the extension body (support lifetime, then chain) as it is on the wire")
      ->type_name("FILE");
  command
      .add_option("--require", options.require,
                  "exit status 1 unless the verdict is this one: secure, denial or insecure")
      ->check(CLI::IsMember({"secure", "denial", "insecure"}))
      ->type_name("VERDICT");
  command.add_flag("--json", options.json, "print one JSON object");
  command.add_flag("--tree", options.tree_only, "print the tree without the records");
  command.add_flag("--records", options.records_only, "print the records alone")
      ->excludes("--tree");
}

Outcome<Judgement> judge(const ChainUnderTest& chain, const ReportOptions& options,
                         const Environment& environment) {
  const auto judge = load_judge(options.trust, environment);
  if (!judge) return tl::make_unexpected(judge.error());
  return judge_chain(chain, *judge);
}

Outcome<ExitStatus> report(const ChainUnderTest& chain, const Judgement& judgement,
                           const ReportOptions& options,
                           const std::optional<CertificateMatch>& match, const Json& more,
                           Environment& environment) {
  if (!options.out.empty()) {
    const auto written = write_file(options.out, chain.body);
    if (!written) return tl::make_unexpected(written.error());
  }
  if (options.json) {
    environment.out << dump(chain_report_json(chain, judgement, more));
  } else {
    environment.out << chain_report_text(chain, judgement, parts_of(options), match,
                                         {environment.utf8, environment.colour});
  }
  return status_of(judgement.verdict, chain.service.text(), options);
}

}  // namespace mooring::tools
