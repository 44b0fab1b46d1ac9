// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/proof/verifier.hpp"

#include <set>

#include "dnschain/base/hex.hpp"
#include "dnschain/dns/rdata.hpp"
#include "dnschain/proof/denial_prover.hpp"
#include "dnschain/proof/evidence.hpp"
#include "dnschain/proof/validator.hpp"

namespace mooring::dnschain {
namespace {

/// What the records say about one owner name, once its zone is found.
struct Finding {
  enum class Kind : std::uint8_t { secure, denial, insecure, alias, bogus };
  Kind kind = Kind::bogus;
  std::string what;
  std::vector<const Accepted*> records;  ///< those of the zones on the way left out
  std::optional<Name> target;            ///< of an alias
};

Finding bogus(std::string what) {
  return Finding{Finding::Kind::bogus, std::move(what), {}, {}};
}

/// One verification: goes from the service's TLSA owner along the aliases, and for each name down
/// from the trust anchor through the zone cuts.
class Verification {
 public:
  Verification(const RRsetIndex& index, const TrustAnchor& anchor, WallTime now,
               const VerifyLimits& limits)
      : index_(index),
        limits_(limits),
        validator_(index, anchor, now, limits),
        denials_(validator_),
        evidence_(validator_) {}

  Verdict run(const Name& owner);

 private:
  Finding find(const Name& owner);
  Finding down_to(const Name& owner, const Zone*& zone);
  Finding in_zone(const Name& owner, const Zone& zone);
  std::optional<Finding> existing(const Name& owner, RrType type, const Zone& zone);
  std::optional<Finding> as_alias(Finding finding);
  std::optional<Finding> redirected(const Name& owner, const Zone& zone);
  std::optional<Finding> denied(const Name& owner, const Zone& zone);
  bool is_broken(const Name& owner, RrType type, const Zone& zone);
  std::optional<Finding> from_proof(std::optional<DenialProof> proof);
  void note(std::string why);
  Verdict conclude(const Finding& finding) const;

  const RRsetIndex& index_;
  const VerifyLimits& limits_;
  Validator validator_;
  DenialProver denials_;
  Evidence evidence_;
  std::string why_;  ///< the first thing found wrong at the present name
};

std::string quoted_alias(const Accepted& alias, const Name& target) {
  return alias.rrset->text() + " leads to " + target.text();
}

/// The first finding of something wrong is the one nearest the root, hence the cause of the rest.
void Verification::note(std::string why) {
  if (why_.empty()) why_ = std::move(why);
}

Verdict Verification::run(const Name& owner) {
  std::set<Name> seen{owner};
  Name at = owner;
  while (true) {
    Finding finding = find(at);
    if (validator_.exhausted() &&
        (finding.kind == Finding::Kind::bogus || finding.kind == Finding::Kind::insecure ||
         finding.kind == Finding::Kind::alias))
      finding = bogus(*validator_.exhausted());
    if (finding.kind == Finding::Kind::bogus) return conclude(finding);
    for (const Accepted* accepted : finding.records) evidence_.use(*accepted);
    if (finding.kind != Finding::Kind::alias) return conclude(finding);
    if (seen.size() > limits_.aliases)
      return conclude(bogus(finding.what + ": more than " + std::to_string(limits_.aliases) +
                            " aliases are not followed"));
    at = *finding.target;
    if (!seen.insert(at).second) return conclude(bogus(finding.what + ": the aliases form a loop"));
  }
}

Finding Verification::find(const Name& owner) {
  why_.clear();
  const Zone* zone = nullptr;
  Finding finding = down_to(owner, zone);
  return zone == nullptr ? finding : in_zone(owner, *zone);
}

/// Goes from the trust anchor's zone through every zone cut with a DS RRset down to the zone that
/// holds `owner`. On failure `zone` is null and the finding says what the way ended at.
Finding Verification::down_to(const Name& owner, const Zone*& zone) {
  const Zone* at = validator_.anchored_zone(owner);
  if (at == nullptr) return bogus("no trust anchor is at or above " + owner.text());
  if (!at->problem.empty()) return bogus(at->problem);
  evidence_.use(*at);
  for (std::size_t up = owner.labels() - at->name.labels(); up-- > 0;) {
    const Name cut = owner.without_first(up);
    const RRset* ds = index_.find(cut, RrType::ds);
    if (ds == nullptr) continue;
    const Checked& checked = validator_.check(*ds, *at);
    if (!checked || checked->is_expanded()) {
      note(checked ? ds->text() + " is made from a wildcard" : checked.error().context);
      continue;
    }
    if (!Validator::has_supported_ds(*ds))  // RFC 4035, 5.2
      return Finding{Finding::Kind::insecure,
                     cut.text() +
                         " counts as unsigned: its DS RRset has no supported algorithm "
                         "and digest",
                     {&*checked},
                     {}};
    at = &validator_.child_zone(*checked, *at);
    if (!at->problem.empty()) return bogus(at->problem);
    evidence_.use(*at);
  }
  zone = at;
  return {};
}

Finding Verification::in_zone(const Name& owner, const Zone& zone) {
  // Whether the name is in this zone at all comes first: what a parent signs for its child's names
  // is not the child's (RFC 4035, 5.3.1).
  auto cut = denials_.cut(owner, zone);
  if (cut && cut->kind == DenialKind::secure_delegation)
    return bogus(why_.empty() ? cut->what + ", but its DS RRset is missing" : why_);
  if (auto finding = from_proof(std::move(cut))) return *finding;
  if (auto finding = existing(owner, RrType::tlsa, zone)) return *finding;
  if (auto finding = existing(owner, RrType::cname, zone)) return *finding;
  if (auto finding = redirected(owner, zone)) return *finding;
  if (auto finding = denied(owner, zone)) return *finding;
  if (why_.empty())
    why_ = "nothing proves or denies " + owner.text() + " TLSA in the zone " + zone.name.text();
  return bogus(why_);
}

std::optional<Finding> Verification::from_proof(std::optional<DenialProof> proof) {
  if (!proof) return std::nullopt;
  const auto kind = is_insecure(proof->kind) ? Finding::Kind::insecure : Finding::Kind::denial;
  return Finding{kind, std::move(proof->what), std::move(proof->records), {}};
}

/// The TLSA or CNAME RRset at a name, wildcards included: what is made from one needs the proof
/// that the name itself does not exist (RFC 4035, 5.3.4; RFC 5155, 8.8).
std::optional<Finding> Verification::existing(const Name& owner, RrType type, const Zone& zone) {
  const RRset* rrset = index_.find(owner, type);
  if (rrset == nullptr) return std::nullopt;
  const Checked& checked = validator_.check(*rrset, zone);
  if (!checked) {
    // An unsigned CNAME is as a rule one that was made from a DNAME.
    if (type != RrType::cname || !rrset->signatures.empty()) note(checked.error().context);
    return std::nullopt;
  }
  Finding finding{
      Finding::Kind::secure, rrset->text() + " is signed by " + zone.name.text(), {&*checked}, {}};
  if (checked->is_expanded()) {
    const std::size_t labels = checked->signature->data.labels;
    const Name next_closer = owner.without_first(owner.labels() - labels - 1);
    const auto proof = denials_.no_name(next_closer, zone);
    if (!proof) {
      note(rrset->text() + " is made from a wildcard, but nothing shows that " +
           next_closer.text() + " does not exist");
      return std::nullopt;
    }
    finding.records.insert(finding.records.end(), proof->records.begin(), proof->records.end());
    if (proof->kind == DenialKind::opt_out)  // RFC 5155, 9.2
      return Finding{Finding::Kind::insecure, proof->what, std::move(finding.records), {}};
    finding.what += ", from a wildcard";
  }
  return type == RrType::cname ? as_alias(std::move(finding)) : finding;
}

/// A CNAME RRset that was found, as the alias that it is.
std::optional<Finding> Verification::as_alias(Finding finding) {
  const Accepted& alias = *finding.records.front();
  if (alias.rrset->records.size() != 1) {
    note(alias.rrset->text() + " has more than one record");
    return std::nullopt;
  }
  finding.kind = Finding::Kind::alias;
  finding.target = parse_single_name(alias.rrset->records.front()->rdata);
  if (!finding.target) return std::nullopt;
  finding.what = quoted_alias(alias, *finding.target);
  return finding;
}

/// A DNAME above the name (RFC 6672, 2.2); the one nearest the apex counts, nothing can be below
/// it.
std::optional<Finding> Verification::redirected(const Name& owner, const Zone& zone) {
  for (std::size_t up = owner.labels() - zone.name.labels(); up > 0; --up) {
    const Name at = owner.without_first(up);
    const RRset* rrset = index_.find(at, RrType::dname);
    if (rrset == nullptr) continue;
    const Checked& checked = validator_.check(*rrset, zone);
    if (!checked || checked->is_expanded() || rrset->records.size() != 1) {
      note(checked ? rrset->text() + " has more than one record or is made from a wildcard"
                   : checked.error().context);
      continue;
    }
    const auto to = parse_single_name(rrset->records.front()->rdata);
    const auto target = to ? owner.moved(at, *to) : std::nullopt;
    if (!target) return bogus(rrset->text() + " makes a name that is too long");
    return Finding{Finding::Kind::alias, quoted_alias(*checked, *target), {&*checked}, target};
  }
  return std::nullopt;
}

std::optional<Finding> Verification::denied(const Name& owner, const Zone& zone) {
  auto proof = denials_.no_rrset(owner, RrType::tlsa, zone);
  // RFC 9276, 3.2. An RRset whose signature does not hold is no better for it.
  if (!proof && !is_broken(owner, RrType::tlsa, zone) && !is_broken(owner, RrType::cname, zone))
    proof = denials_.too_many_iterations(zone);
  return from_proof(std::move(proof));
}

/// The RRset is there, but its signature does not hold.
bool Verification::is_broken(const Name& owner, RrType type, const Zone& zone) {
  const RRset* rrset = index_.find(owner, type);
  // An unsigned CNAME is as a rule one that was made from a DNAME.
  const bool counts = rrset != nullptr && (type != RrType::cname || !rrset->signatures.empty());
  return counts && !validator_.check(*rrset, zone);
}

VerdictKind verdict_kind(Finding::Kind kind) {
  switch (kind) {
    case Finding::Kind::secure:
      return VerdictKind::secure;
    case Finding::Kind::denial:
      return VerdictKind::denial;
    case Finding::Kind::insecure:
      return VerdictKind::insecure;
    case Finding::Kind::alias:
    case Finding::Kind::bogus:
      break;
  }
  return VerdictKind::bogus;
}

Verdict Verification::conclude(const Finding& finding) const {
  const VerdictKind kind = verdict_kind(finding.kind);
  return evidence_.verdict(kind, finding.what,
                           kind == VerdictKind::secure ? finding.records.front() : nullptr);
}

}  // namespace

std::string to_text(const TlsaRecord& record) {
  return std::to_string(record.usage) + ' ' + std::to_string(record.selector) + ' ' +
         std::to_string(record.matching) + ' ' + to_hex(record.data);
}

Verdict verify(const std::vector<Record>& records, const Service& service,
               const TrustAnchor& anchor, WallTime now, const VerifyLimits& limits) {
  if (records.size() > limits.records) {
    Verdict verdict;
    verdict.reason = "it has more than " + std::to_string(limits.records) + " records";
    return verdict;
  }
  const RRsetIndex index(records);
  return Verification(index, anchor, now, limits).run(service.tlsa_owner());
}

}  // namespace mooring::dnschain
