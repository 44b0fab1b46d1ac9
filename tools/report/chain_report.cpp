// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/report/chain_report.hpp"

#include "dnschain/base/time_text.hpp"
#include "tools/base/text.hpp"
#include "tools/report/chain_json.hpp"

namespace mooring::tools {

namespace {

using dnschain::VerdictKind;

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

}  // namespace

Judgement judge_chain(const ChainUnderTest& chain, const Judge& judge) {
  Judgement judgement;
  judgement.at = judge.at;
  auto body = dnschain::parse_extension_body(chain.body);
  if (!body) {
    judgement.verdict.reason = "this is no chain: " + body.error().context;
    return judgement;
  }
  judgement.body = *std::move(body);
  judgement.verdict =
      dnschain::verify(judgement.body.records, chain.service, judge.anchor, judge.at);
  return judgement;
}

std::string chain_report_text(const ChainUnderTest& chain, const Judgement& judgement,
                              ChainParts parts, const std::optional<CertificateMatch>& match,
                              Style style) {
  std::string out;
  if (parts != ChainParts::tree) {
    for (const auto& record : judgement.body.records) out += to_text(record) + "\n";
    if (parts == ChainParts::records) return out;
    if (!judgement.body.records.empty()) out += "\n";
  }
  out += printable(body_line(chain, judgement)) + "\n" +
         verdict_summary(judgement.verdict, chain.service, judgement.at, style);
  const std::string tree = chain_tree(judgement.verdict, match, style);
  return tree.empty() ? out : out + "\n" + tree;
}

Json chain_report_json(const ChainUnderTest& chain, const Judgement& judgement, const Json& more) {
  Json object = to_json(judgement.verdict, chain.service);
  object["source"] = chain.source;
  object["at"] = dnschain::to_text(judgement.at);
  object["octets"] = chain.body.size();
  object["support_lifetime_hours"] = judgement.body.support_lifetime.count();
  object["length_prefix"] = judgement.body.prefix == dnschain::ChainPrefix::present;
  object["records"] = to_json(judgement.body.records);
  if (more.is_object()) object.update(more);
  return object;
}

}  // namespace mooring::tools
