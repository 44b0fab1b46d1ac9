// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/report/chain_tree.hpp"

#include <algorithm>
#include <set>

#include "dnschain/base/time_text.hpp"
#include "dnschain/dns/rdata.hpp"
#include "tools/base/text.hpp"
#include "tools/base/time_text.hpp"
#include "tools/report/dns_names.hpp"
#include "tools/report/tree.hpp"

namespace mooring::tools {

namespace {

using dnschain::Record;
using dnschain::RrType;
using dnschain::Verdict;
using dnschain::VerdictKind;
using dnschain::ZoneStep;

/// An RRset's identity.
using RrsetKey = std::pair<dnschain::Name, RrType>;

/// The closest zone above `step` in the list, or nothing.
const ZoneStep* parent_of(const ZoneStep& step, const std::vector<ZoneStep>& zones) {
  const ZoneStep* parent = nullptr;
  for (const ZoneStep& other : zones) {
    if (!step.zone.is_below(other.zone)) continue;
    if (parent == nullptr || other.zone.labels() > parent->zone.labels()) parent = &other;
  }
  return parent;
}

/// Whether `zone` is the one that signed the RRset: by what was checked, or, where nothing was
/// (a CNAME that a DNAME implies), by being the closest above.
bool belongs_to(const RrsetKey& rrset, const ZoneStep& zone, const std::vector<ZoneStep>& zones) {
  const auto signs = [&](const ZoneStep& step) {
    return std::ranges::any_of(step.signatures, [&](const auto& signature) {
      return signature.owner == rrset.first && signature.covered == rrset.second;
    });
  };
  if (std::ranges::any_of(zones, signs)) return signs(zone);
  const ZoneStep* closest = nullptr;
  for (const ZoneStep& step : zones) {
    if (!rrset.first.is_at_or_below(step.zone)) continue;
    if (closest == nullptr || step.zone.labels() > closest->zone.labels()) closest = &step;
  }
  return closest == &zone;
}

class Drawing {
 public:
  Drawing(const Verdict& verdict, const std::optional<CertificateMatch>& match, Style style)
      : verdict_(verdict), match_(match), style_(style), conclusion_(conclusion_zone(verdict)) {}

  TreeNode zone(const ZoneStep& step) const {
    TreeNode node{style_.bold(step.zone.text()), {}};
    const ZoneStep* parent = parent_of(step, verdict_.zones);
    std::vector<dnschain::KeyStep> keys = step.keys;
    std::stable_partition(keys.begin(), keys.end(), [](const auto& key) { return key.anchored; });
    for (const auto& key : keys) add_key(node, step, key, parent);
    add_leaves(node, step);
    if (&step == conclusion_) node.add(style_.good(printable("so " + verdict_.reason)));
    for (const ZoneStep& child : verdict_.zones) {
      if (parent_of(child, verdict_.zones) == &step) node.children.push_back(zone(child));
    }
    return node;
  }

 private:
  void add_key(TreeNode& node, const ZoneStep& step, const dnschain::KeyStep& key,
               const ZoneStep* parent) const {
    std::string line = "key " + style_.key(std::to_string(key.tag)) + " " +
                       algorithm_name(key.algorithm) + " " + key_role(key.flags);
    if (key.anchored) {
      line += parent == nullptr ? ", trusted: in the trust anchor"
                                : ", vouched for by a DS in " + parent->zone.text();
    }
    TreeNode& branch = node.add(std::move(line));
    for (const auto& signature : step.signatures) {
      if (signature.key_tag != key.tag || signature.algorithm != key.algorithm) continue;
      branch.add("signs " + signature.owner.text() + " " + dnschain::to_text(signature.covered) +
                 " " + style_.dim("until " + dnschain::to_text(signature.expiration)));
    }
  }

  /// Every RRset of the proof that is neither a key nor what leads to a key nor a signature.
  void add_leaves(TreeNode& node, const ZoneStep& step) const {
    std::set<RrsetKey> seen;
    for (const Record& record : verdict_.proof) {
      if (record.type == RrType::dnskey || record.type == RrType::ds ||
          record.type == RrType::rrsig) {
        continue;
      }
      const RrsetKey rrset{record.owner, record.type};
      if (!belongs_to(rrset, step, verdict_.zones)) continue;
      if (record.type != RrType::tlsa) {
        node.add(printable(rdata_line(record)));
      } else if (seen.insert(rrset).second) {
        add_tlsa(node.add(record.owner.text() + " " + style_.bold("TLSA") + ", TTL " +
                          std::to_string(verdict_.tlsa_ttl)));
      }
    }
  }

  /// Where the proof of absence ends: the lowest zone that has an NSEC or NSEC3 in it. Nothing for
  /// a chain that proves records.
  static const ZoneStep* conclusion_zone(const Verdict& verdict) {
    const ZoneStep* lowest = nullptr;
    if (verdict.kind == VerdictKind::secure) return lowest;
    for (const Record& record : verdict.proof) {
      if (record.type != RrType::nsec && record.type != RrType::nsec3) continue;
      for (const ZoneStep& step : verdict.zones) {
        const bool here = belongs_to({record.owner, record.type}, step, verdict.zones);
        if (!here || (lowest != nullptr && lowest->zone.labels() > step.zone.labels())) continue;
        lowest = &step;
      }
    }
    return lowest;
  }

  /// "owner TYPE rdata": to_text() without TTL and class.
  static std::string rdata_line(const Record& record) {
    std::string text = dnschain::to_text(record);
    std::ranges::replace(text, '\t', ' ');
    const std::string type = " " + dnschain::to_text(record.type) + " ";
    const auto at = text.find(type, record.owner.text().size());
    return record.owner.text() + (at == std::string::npos ? type : text.substr(at));
  }

  void add_tlsa(TreeNode& node) const {
    bool matched = false;
    for (const auto& record : verdict_.tlsa) {
      TreeNode& line = node.add(to_text(record));
      if (!match_ || match_->record != record || matched) continue;
      matched = true;
      line.add(style_.good("matches " + printable(match_->text)));
    }
    if (match_ && !matched) node.add(style_.bad(printable(match_->text)));
  }

  const Verdict& verdict_;
  const std::optional<CertificateMatch>& match_;
  Style style_;
  const ZoneStep* conclusion_;
};

}  // namespace

std::string verdict_name(VerdictKind kind) {
  switch (kind) {
    case VerdictKind::secure:
      return "secure";
    case VerdictKind::denial:
      return "denial";
    case VerdictKind::insecure:
      return "insecure";
    case VerdictKind::bogus:
      break;
  }
  return "bogus";
}

std::string verdict_summary(const Verdict& verdict, const dnschain::Service& service,
                            dnschain::WallTime now, Style style) {
  const bool bogus = verdict.kind == VerdictKind::bogus;
  const std::string name = verdict_name(verdict.kind);
  std::string out = style.bold(service.text()) + ": " +
                    (bogus ? style.bad(name) : style.good(name)) + ": " +
                    printable(verdict.reason) + "\n";
  if (bogus) return out;
  out += "valid until " + format_until(holds_until(verdict), now) + ", smallest TTL " +
         std::to_string(verdict.ttl) + " s\n";
  return out;
}

std::string chain_tree(const Verdict& verdict, const std::optional<CertificateMatch>& match,
                       Style style) {
  const Drawing drawing(verdict, match, style);
  std::string out;
  for (const ZoneStep& step : verdict.zones) {
    if (parent_of(step, verdict.zones) != nullptr) continue;
    TreeNode node = drawing.zone(step);
    out += draw_tree(node, style.utf8);
  }
  return out;
}

}  // namespace mooring::tools
