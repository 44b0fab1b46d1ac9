// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/report/chain_compare.hpp"

#include <algorithm>

#include "dnschain/base/time_text.hpp"
#include "tools/base/text.hpp"
#include "tools/report/chain_json.hpp"
#include "tools/report/chain_tree.hpp"

namespace mooring::tools {

namespace {

using dnschain::Record;

bool same_data(const Record& a, const Record& b) {
  return a.owner == b.owner && a.type == b.type && a.rr_class == b.rr_class && a.rdata == b.rdata;
}

std::vector<Record> missing_in(const std::vector<Record>& from, const std::vector<Record>& other) {
  std::vector<Record> missing;
  for (const Record& record : from) {
    const auto same = [&](const Record& candidate) { return same_data(record, candidate); };
    if (std::ranges::none_of(other, same)) missing.push_back(record);
  }
  return missing;
}

bool same_set(const std::vector<dnschain::TlsaRecord>& a,
              const std::vector<dnschain::TlsaRecord>& b) {
  const auto within = [](const auto& from, const auto& other) {
    return std::ranges::all_of(
        from, [&](const auto& record) { return std::ranges::find(other, record) != other.end(); });
  };
  return within(a, b) && within(b, a);
}

std::string conclusion(const ChainComparison& comparison) {
  if (!comparison.same_verdict) {
    return "the resolver says otherwise: " + verdict_name(comparison.now.kind) + ": " +
           comparison.now.reason;
  }
  if (!comparison.same_tlsa) return "the resolver gives other TLSA records";
  if (comparison.only_sent.empty() && comparison.only_resolved.empty()) {
    return "the resolver says the same, until " + dnschain::to_text(holds_until(comparison.now));
  }
  return "the resolver proves the same with other records, until " +
         dnschain::to_text(holds_until(comparison.now));
}

}  // namespace

ChainComparison compare_chains(const dnschain::Verdict& sent, dnschain::Verdict resolved) {
  ChainComparison comparison;
  comparison.same_verdict = sent.kind == resolved.kind;
  comparison.same_tlsa = same_set(sent.tlsa, resolved.tlsa);
  comparison.only_sent = missing_in(sent.proof, resolved.proof);
  comparison.only_resolved = missing_in(resolved.proof, sent.proof);
  comparison.now = std::move(resolved);
  return comparison;
}

std::string comparison_text(const ChainComparison& comparison, Style style) {
  const bool same = comparison.same_verdict && comparison.same_tlsa;
  const std::string text = printable(conclusion(comparison));
  std::string out = (same ? style.good(text) : style.bad(text)) + "\n";
  for (const Record& record : comparison.only_sent) {
    out += "- " + printable(dnschain::to_text(record)) + "\n";
  }
  for (const Record& record : comparison.only_resolved) {
    out += "+ " + printable(dnschain::to_text(record)) + "\n";
  }
  return out;
}

Json comparison_json(const ChainComparison& comparison) {
  return {{"verdict", verdict_name(comparison.now.kind)},
          {"reason", comparison.now.reason},
          {"same_verdict", comparison.same_verdict},
          {"same_tlsa", comparison.same_tlsa},
          {"only_sent", to_json(comparison.only_sent)},
          {"only_resolved", to_json(comparison.only_resolved)}};
}

}  // namespace mooring::tools
