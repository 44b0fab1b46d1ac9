// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "dnschain/proof/denial.hpp"

namespace mooring::dnschain {
namespace {

bool is_delegation(const TypeBitmap& types) {
  return types.has(RrType::ns) && !types.has(RrType::soa);
}

/// Whether `name` lies between the owner and the next name of an NSEC record of `zone`. The last
/// record's next name is the zone's apex.
bool covers(const RRset& rrset, const NsecData& nsec, const Name& name, const Zone& zone) {
  if (!(rrset.owner < name) || !name.is_at_or_below(zone.name)) return false;
  return nsec.next == zone.name || name < nsec.next;
}

std::size_t common_labels(const Name& a, const Name& b) {
  std::size_t count = std::min(a.labels(), b.labels());
  while (a.without_first(a.labels() - count) != b.without_first(b.labels() - count)) --count;
  return count;
}

}  // namespace

bool denies_type(const TypeBitmap& types, RrType type) {
  return !types.has(type) && !types.has(RrType::cname) && !is_delegation(types);
}

bool hides_names_below(const TypeBitmap& types) {
  return is_delegation(types) || types.has(RrType::dname);
}

NsecProver::NsecProver(Validator& validator) : validator_(validator) {
  for (const RRset* rrset : validator.index().of_type(RrType::nsec))
    if (auto data = parse_nsec(rrset->records.front()->rdata))
      candidates_.push_back({rrset, std::move(*data)});
}

/// The record with its signature checked; null when it is not one of the zone's. One whose owner
/// was made from a wildcard would be true of that wildcard only.
const Accepted* NsecProver::accept(const RRset& rrset, const NsecData& nsec, const Zone& zone) {
  if (!rrset.owner.is_at_or_below(zone.name) || !nsec.next.is_at_or_below(zone.name))
    return nullptr;
  // A SOA anywhere but at the apex is not of this zone.
  if (nsec.types.has(RrType::soa) && rrset.owner != zone.name) return nullptr;
  const Checked& checked = validator_.check(rrset, zone);
  return checked && !checked->is_expanded() ? &*checked : nullptr;
}

std::optional<DenialProof> NsecProver::cut(const Name& name, const Zone& zone) {
  for (std::size_t up = name.labels() - zone.name.labels(); up-- > 0;) {
    const Name at = name.without_first(up);
    for (const RRset* rrset : validator_.index().nsec_at(at)) {
      const auto nsec = parse_nsec(rrset->records.front()->rdata);
      if (!nsec || !is_delegation(nsec->types)) continue;
      const Accepted* accepted = accept(*rrset, *nsec, zone);
      if (accepted == nullptr) continue;
      if (nsec->types.has(RrType::ds))
        return DenialProof{DenialProof::Kind::cut, at.text() + " is a signed zone", {accepted}};
      return DenialProof{DenialProof::Kind::insecure,
                         at.text() + " is an unsigned zone: NSEC shows that it has no DS",
                         {accepted}};
    }
  }
  return std::nullopt;
}

std::optional<DenialProof> NsecProver::at_name(const Name& name, RrType type, const Zone& zone) {
  for (const RRset* rrset : validator_.index().nsec_at(name)) {
    const auto nsec = parse_nsec(rrset->records.front()->rdata);
    if (!nsec || !denies_type(nsec->types, type)) continue;
    if (const Accepted* accepted = accept(*rrset, *nsec, zone))
      return DenialProof{DenialProof::Kind::denied,
                         "NSEC shows that " + name.text() + " has no " + to_text(type),
                         {accepted}};
  }
  return std::nullopt;
}

std::optional<DenialProof> NsecProver::no_rrset(const Name& name, RrType type, const Zone& zone) {
  if (auto proof = at_name(name, type, zone)) return proof;
  for (const Candidate& candidate : candidates_) {
    if (!covers(*candidate.rrset, candidate.data, name, zone)) continue;
    if (name.is_below(candidate.rrset->owner) && hides_names_below(candidate.data.types)) continue;
    const Accepted* accepted = accept(*candidate.rrset, candidate.data, zone);
    if (accepted == nullptr) continue;
    // A next name below `name` makes it an empty non-terminal: it exists, without any RRset.
    if (candidate.data.next.is_below(name))
      return DenialProof{DenialProof::Kind::denied,
                         "NSEC shows that " + name.text() + " has no RRset",
                         {accepted}};
    if (auto proof = through_wildcard(name, type, zone, candidate)) return proof;
  }
  return std::nullopt;
}

/// The second half of a name error (RFC 4035, 3.1.3.2): after `cover` has shown that the name does
/// not exist, no wildcard stands in for it.
std::optional<DenialProof> NsecProver::through_wildcard(const Name& name, RrType type,
                                                        const Zone& zone, const Candidate& cover) {
  const Accepted* covering = accept(*cover.rrset, cover.data, zone);
  const std::size_t kept =
      std::max(common_labels(name, cover.rrset->owner), common_labels(name, cover.data.next));
  const auto wildcard = name.without_first(name.labels() - kept).with_label("*");
  if (!wildcard) return std::nullopt;
  // An alias can lead to "*.<closest encloser>" itself: the first half is the second one as well.
  if (name == *wildcard)
    return covering == nullptr
               ? std::nullopt
               : std::optional(DenialProof{DenialProof::Kind::denied,
                                           "NSEC shows that " + name.text() + " does not exist",
                                           {covering}});
  if (auto proof = at_name(*wildcard, type, zone)) {
    proof->what = "NSEC shows that " + name.text() + " does not exist and that " +
                  wildcard->text() + " has no " + to_text(type);
    proof->records.insert(proof->records.begin(), covering);
    return proof;
  }
  for (const Candidate& candidate : candidates_) {
    if (!covers(*candidate.rrset, candidate.data, *wildcard, zone)) continue;
    if (wildcard->is_below(candidate.rrset->owner) && hides_names_below(candidate.data.types))
      continue;
    if (const Accepted* accepted = accept(*candidate.rrset, candidate.data, zone))
      return DenialProof{DenialProof::Kind::denied,
                         "NSEC shows that " + name.text() + " does not exist",
                         {covering, accepted}};
  }
  return std::nullopt;
}

std::optional<DenialProof> NsecProver::no_name(const Name& name, const Zone& zone) {
  for (const Candidate& candidate : candidates_) {
    if (!covers(*candidate.rrset, candidate.data, name, zone)) continue;
    if (candidate.data.next.is_below(name)) continue;
    if (name.is_below(candidate.rrset->owner) && hides_names_below(candidate.data.types)) continue;
    if (const Accepted* accepted = accept(*candidate.rrset, candidate.data, zone))
      return DenialProof{DenialProof::Kind::denied,
                         "NSEC shows that " + name.text() + " does not exist",
                         {accepted}};
  }
  return std::nullopt;
}

}  // namespace mooring::dnschain
