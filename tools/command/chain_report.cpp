// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/command/chain_report.hpp"

#include <CLI/CLI.hpp>

#include "tools/base/files.hpp"
#include "tools/base/text.hpp"
#include "tools/base/time_text.hpp"
#include "tools/report/chain_json.hpp"

namespace mooring::tools {

namespace {

using dnschain::VerdictKind;

Style style_of(const Environment& environment) {
  return {environment.utf8, environment.colour};
}

void print_records(const std::vector<dnschain::Record>& records, std::ostream& out) {
  for (const auto& record : records) out << dnschain::to_text(record) << "\n";
}

std::string body_line(const ChainUnderTest& chain, const Judgement& judgement) {
  const std::size_t used = judgement.verdict.proof.size();
  const std::size_t all = judgement.body.records.size();
  std::string line =
      chain.source + ": " + count_of(chain.body.size(), "octet") + ", " + count_of(all, "record");
  if (judgement.verdict.kind != VerdictKind::bogus && used < all) {
    line += " (" + std::to_string(all - used) + " not needed)";
  }
  const auto lifetime = judgement.body.support_lifetime.count();
  return line + ", support lifetime " + std::to_string(lifetime) + " h";
}

void print_text(const ChainUnderTest& chain, const Judgement& judgement,
                const ReportOptions& options, const std::optional<CertificateMatch>& match,
                Environment& environment) {
  const Style style = style_of(environment);
  std::ostream& out = environment.out;
  if (!options.tree_only) {
    print_records(judgement.body.records, out);
    if (options.records_only) return;
    if (!judgement.body.records.empty()) out << "\n";
  }
  out << printable(body_line(chain, judgement)) << "\n"
      << verdict_summary(judgement.verdict, chain.service, judgement.at, style);
  const std::string tree = chain_tree(judgement.verdict, match, style);
  if (!tree.empty()) out << "\n" << tree;
}

void print_json(const ChainUnderTest& chain, const Judgement& judgement, const Json& more,
                Environment& environment) {
  Json object = to_json(judgement.verdict, chain.service);
  object["source"] = chain.source;
  object["at"] = format_time(judgement.at);
  object["octets"] = chain.body.size();
  object["support_lifetime_hours"] = judgement.body.support_lifetime.count();
  object["length_prefix"] = judgement.body.prefix == dnschain::ChainPrefix::present;
  object["records"] = to_json(judgement.body.records);
  if (more.is_object()) object.update(more);
  environment.out << dump(object);
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
  const auto anchor = load_anchor(options.trust);
  if (!anchor) return tl::make_unexpected(anchor.error());
  const auto at = moment(options.trust, environment);
  if (!at) return tl::make_unexpected(at.error());
  Judgement judgement;
  judgement.at = *at;
  auto body = dnschain::parse_extension_body(chain.body);
  if (!body) {
    judgement.verdict.reason = "this is no chain: " + body.error().context;
    return judgement;
  }
  judgement.body = *std::move(body);
  judgement.verdict = dnschain::verify(judgement.body.records, chain.service, *anchor, *at);
  return judgement;
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
    print_json(chain, judgement, more, environment);
  } else {
    print_text(chain, judgement, options, match, environment);
  }
  return status_of(judgement.verdict, chain.service.text(), options);
}

}  // namespace mooring::tools
