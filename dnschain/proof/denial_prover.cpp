// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/proof/denial_prover.hpp"

namespace mooring::dnschain {
namespace {

// A zone that changes its parameters has two sets of NSEC3 records.
constexpr std::size_t kMaxParameters = 3;

/// One line for a person: what records of the kind `by` show of `name`.
std::string text_of(const Denial& denial, const std::string& by, const Name& name, RrType type) {
  const std::string at = denial.at.text();
  const std::string shows = by + " shows that " + name.text();
  switch (denial.kind) {
    case DenialKind::no_data:
      return shows + " has no " + to_text(type);
    case DenialKind::empty:
      return shows + " has no RRset";
    case DenialKind::no_data_at_wildcard:
      return shows + " does not exist and that " + at + " has no " + to_text(type);
    case DenialKind::name_error:
      return shows + " does not exist";
    case DenialKind::insecure_delegation:
      return at + " is an unsigned zone: " + by + " shows that it has no DS";
    case DenialKind::secure_delegation:
      return at + " is a signed zone";
    case DenialKind::opt_out:
      return at + " can be an unsigned zone: NSEC3 opts out of saying";
    case DenialKind::none:
    case DenialKind::too_many_iterations:
      break;
  }
  return {};
}

std::vector<NsecView> read_all(const std::vector<const RRset*>& rrsets) {
  std::vector<NsecView> views;
  for (std::size_t place = 0; place < rrsets.size(); ++place)
    if (auto view = NsecView::read(place, *rrsets[place]->records.front()))
      views.push_back(std::move(*view));
  return views;
}

}  // namespace

DenialProver::DenialProver(Validator& validator)
    : validator_(validator),
      nsec_(validator.index().of_type(RrType::nsec)),
      nsec3_(validator.index().of_type(RrType::nsec3)),
      views_(read_all(nsec_)) {}

DenialProver::HashedZone& DenialProver::hashed(const Zone& zone) {
  const auto [at, added] = hashed_.try_emplace(&zone);
  if (!added) return at->second;
  std::vector<Nsec3View> views;
  for (std::size_t place = 0; place < nsec3_.size(); ++place) {
    if (nsec3_[place]->records.size() != 1) continue;
    if (const auto view = Nsec3View::read(place, *nsec3_[place]->records.front(), zone.name))
      views.push_back(*view);
  }
  at->second.sets = by_parameters(views);
  return at->second;
}

std::optional<Sha1Digest> DenialProver::hash(const Name& name, const Nsec3Parameters& parameters,
                                             std::map<Bytes, Sha1Digest>& known) {
  if (validator_.exhausted()) return std::nullopt;
  const Name lower = name.lower();
  Bytes octets(lower.wire().begin(), lower.wire().end());
  const auto found = known.find(octets);
  if (found != known.end()) return found->second;
  // Counted in blocks of SHA-1: a long salt costs as much as many rounds.
  const std::size_t blocks = 1 + (sizeof(Sha1Digest) + parameters.salt.size() + 8) / 64;
  if (!validator_.budget().spend_hashes((parameters.iterations + std::size_t{1}) * blocks +
                                        octets.size() / 64))
    return std::nullopt;
  const Sha1Digest digest = nsec3_hash(octets, parameters.salt, parameters.iterations);
  known.emplace(std::move(octets), digest);
  return digest;
}

/// The RRset with its signature checked; null when it does not hold.
const Accepted* DenialProver::accepted(const RRset& rrset, const Zone& zone) {
  const Checked& checked = validator_.check(rrset, zone);
  return checked && !checked->is_expanded() ? &*checked : nullptr;
}

DenialProof DenialProver::proof(const Denial& denial, const std::vector<const RRset*>& rrsets,
                                const Zone& zone, std::string what) {
  DenialProof out{denial.kind, std::move(what), {}};
  for (const std::size_t place : denial.records)
    out.records.push_back(accepted(*rrsets[place], zone));
  return out;
}

/// `ask` puts the question about the name to the zone's NSEC records.
template <class Ask>
std::optional<DenialProof> DenialProver::by_nsec(const Zone& zone, const Name& name, RrType type,
                                                 Ask ask) {
  const AcceptRecord accept = [&](std::size_t place) {
    return accepted(*nsec_[place], zone) != nullptr;
  };
  const Denial denial = ask(NsecDenials(views_, zone.name, accept));
  if (denial.kind == DenialKind::none) return std::nullopt;
  return proof(denial, nsec_, zone, text_of(denial, "NSEC", name, type));
}

/// The same with its NSEC3 records, one set of parameters after the other.
template <class Ask>
std::optional<DenialProof> DenialProver::by_nsec3(const Zone& zone, const Name& name, RrType type,
                                                  Ask ask) {
  const AcceptRecord accept = [&](std::size_t place) {
    return accepted(*nsec3_[place], zone) != nullptr;
  };
  std::size_t followed = 0;
  HashedZone& its = hashed(zone);
  for (const auto& set : its.sets) {
    const Nsec3Parameters& parameters = set.first;  // a binding cannot be captured by clang 14
    if (parameters.iterations > validator_.limits().nsec3_iterations) continue;
    if (followed++ == kMaxParameters) break;
    const Nsec3Hash hashing = [&](const Name& each) {
      return hash(each, parameters, its.hashes[&parameters]);
    };
    const Denial denial = ask(Nsec3Denials(set.second, zone.name, hashing, accept));
    if (denial.kind != DenialKind::none)
      return proof(denial, nsec3_, zone, text_of(denial, "NSEC3", name, type));
  }
  return std::nullopt;
}

std::optional<DenialProof> DenialProver::cut(const Name& name, const Zone& zone) {
  const auto ask = [&](const auto& denials) { return denials.cut(name); };
  auto proof = by_nsec(zone, name, RrType::ds, ask);
  return proof ? proof : by_nsec3(zone, name, RrType::ds, ask);
}

std::optional<DenialProof> DenialProver::no_rrset(const Name& name, RrType type, const Zone& zone) {
  const auto ask = [&](const auto& denials) {
    Denial denial = denials.deny(name, type);
    // Where a span opts out cut() has said so, as far as it can be said.
    return denial.kind == DenialKind::opt_out ? Denial() : denial;
  };
  auto proof = by_nsec(zone, name, type, ask);
  return proof ? proof : by_nsec3(zone, name, type, ask);
}

std::optional<DenialProof> DenialProver::no_name(const Name& name, const Zone& zone) {
  const auto ask = [&](const auto& denials) { return denials.deny_name(name); };
  auto proof = by_nsec(zone, name, RrType::tlsa, ask);
  return proof ? proof : by_nsec3(zone, name, RrType::tlsa, ask);
}

std::optional<DenialProof> DenialProver::too_many_iterations(const Zone& zone) {
  const std::size_t most = validator_.limits().nsec3_iterations;
  const Denial denial = count_as_unsigned(hashed(zone).sets, most, [&](std::size_t place) {
    return accepted(*nsec3_[place], zone) != nullptr;
  });
  if (denial.kind == DenialKind::none) return std::nullopt;
  const auto counted = parse_nsec3(nsec3_[denial.records.front()]->records.front()->rdata);
  return proof(denial, nsec3_, zone,
               "NSEC3 of " + zone.name.text() + " has " + std::to_string(counted->iterations) +
                   " iterations: " + std::to_string(most) + " are followed");
}

}  // namespace mooring::dnschain
