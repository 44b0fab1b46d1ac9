// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "dnschain/proof/denial.hpp"

namespace mooring::dnschain {
namespace {

constexpr std::uint8_t kSha1 = 1;    // RFC 5155, 11
constexpr std::uint8_t kOptOut = 1;  // RFC 5155, 3.1.2.1
// RFC 5155, 8.2: all of one response have the same parameters; a zone that changes them has two
// sets.
constexpr std::size_t kMaxParameters = 3;

bool is_delegation(const TypeBitmap& types) {
  return types.has(RrType::ns) && !types.has(RrType::soa);
}

bool is_opt_out(const Nsec3Data& data) {
  return (data.flags & kOptOut) != 0;
}

}  // namespace

Nsec3Prover::Groups& Nsec3Prover::groups(const Zone& zone) {
  const auto [at, added] = groups_.try_emplace(&zone);
  if (!added) return at->second;
  for (const RRset* rrset : validator_.index().of_type(RrType::nsec3)) {
    if (rrset->records.size() != 1 || rrset->owner.labels() != zone.name.labels() + 1) continue;
    if (!rrset->owner.is_below(zone.name)) continue;
    const auto data = parse_nsec3(rrset->records.front()->rdata);
    const auto hash = nsec3_hash_in(rrset->owner);
    // RFC 5155, 8.1 and 8.2: unknown hash algorithms and flags make a record that is not there.
    if (!data || !hash || data->algorithm != kSha1 || data->flags > kOptOut ||
        data->next.size() != hash->size())
      continue;
    Sha1Digest next{};
    std::ranges::copy(data->next, next.begin());
    Parameters parameters{data->iterations, Bytes(data->salt.begin(), data->salt.end())};
    at->second[std::move(parameters)].candidates.push_back({rrset, *hash, next, *data});
  }
  return at->second;
}

std::vector<std::pair<const Nsec3Prover::Parameters*, Nsec3Prover::Group*>> Nsec3Prover::followed(
    const Zone& zone) {
  std::vector<std::pair<const Parameters*, Group*>> out;
  for (auto& [parameters, group] : groups(zone))
    if (parameters.first <= validator_.limits().nsec3_iterations && out.size() < kMaxParameters)
      out.emplace_back(&parameters, &group);
  return out;
}

std::optional<Sha1Digest> Nsec3Prover::hash(const Name& name, const Parameters& parameters,
                                            Group& group) {
  if (validator_.exhausted()) return std::nullopt;
  const Name lower = name.lower();
  Bytes octets(lower.wire().begin(), lower.wire().end());
  const auto found = group.hashes.find(octets);
  if (found != group.hashes.end()) return found->second;
  // Counted in blocks of SHA-1: a long salt costs as much as many rounds.
  const std::size_t blocks = 1 + (sizeof(Sha1Digest) + parameters.second.size() + 8) / 64;
  if (!validator_.spend_hashes((parameters.first + std::size_t{1}) * blocks + octets.size() / 64))
    return std::nullopt;
  const Sha1Digest digest = nsec3_hash(octets, parameters.second, parameters.first);
  group.hashes.emplace(std::move(octets), digest);
  return digest;
}

const Accepted* Nsec3Prover::accepted(const Candidate& candidate, const Zone& zone) {
  const Checked& checked = validator_.check(*candidate.rrset, zone);
  return checked && !checked->is_expanded() ? &*checked : nullptr;
}

const Nsec3Prover::Candidate* Nsec3Prover::match(const Name& name, const Parameters& parameters,
                                                 Group& group, const Zone& zone) {
  const auto wanted = hash(name, parameters, group);
  if (!wanted) return nullptr;
  for (const Candidate& candidate : group.candidates)
    if (candidate.hash == *wanted && accepted(candidate, zone) != nullptr) return &candidate;
  return nullptr;
}

const Nsec3Prover::Candidate* Nsec3Prover::cover(const Name& name, const Parameters& parameters,
                                                 Group& group, const Zone& zone) {
  const auto wanted = hash(name, parameters, group);
  if (!wanted) return nullptr;
  for (const Candidate& candidate : group.candidates)
    if (nsec3_covers(candidate.hash, candidate.next, *wanted) &&
        accepted(candidate, zone) != nullptr)
      return &candidate;
  return nullptr;
}

/// RFC 5155, 8.3, without the cover of the next closer name.
std::optional<Nsec3Prover::ClosestEncloser> Nsec3Prover::closest_encloser(
    const Name& name, const Parameters& parameters, Group& group, const Zone& zone) {
  for (std::size_t up = 1; up <= name.labels() - zone.name.labels(); ++up) {
    const Name encloser = name.without_first(up);
    const Candidate* found = match(encloser, parameters, group, zone);
    if (found == nullptr) continue;
    if (hides_names_below(found->data.types)) return std::nullopt;
    const auto wildcard = encloser.with_label("*");
    if (!wildcard) return std::nullopt;
    return ClosestEncloser{accepted(*found, zone), name.without_first(up - 1), *wildcard};
  }
  return std::nullopt;
}

std::optional<DenialProof> Nsec3Prover::cut(const Name& name, const Zone& zone) {
  for (const auto& [parameters, group] : followed(zone))
    if (auto proof = cut_in(name, *parameters, *group, zone)) return proof;
  return std::nullopt;
}

std::optional<DenialProof> Nsec3Prover::cut_in(const Name& name, const Parameters& parameters,
                                               Group& group, const Zone& zone) {
  for (std::size_t up = name.labels() - zone.name.labels(); up-- > 0;) {
    const Name at = name.without_first(up);
    const Candidate* found = match(at, parameters, group, zone);
    if (found == nullptr || !is_delegation(found->data.types)) continue;
    const Accepted* record = accepted(*found, zone);
    if (found->data.types.has(RrType::ds))
      return DenialProof{DenialProof::Kind::cut, at.text() + " is a signed zone", {record}};
    return DenialProof{DenialProof::Kind::insecure,
                       at.text() + " is an unsigned zone: NSEC3 shows that it has no DS",
                       {record}};
  }
  // RFC 5155, 8.6 and 8.9: in an opt-out span there can be an unsigned zone at the next closer
  // name.
  if (std::ranges::none_of(group.candidates,
                           [](const Candidate& each) { return is_opt_out(each.data); }))
    return std::nullopt;
  const auto encloser = closest_encloser(name, parameters, group, zone);
  if (!encloser) return std::nullopt;
  const Candidate* span = cover(encloser->next_closer, parameters, group, zone);
  if (span == nullptr || !is_opt_out(span->data)) return std::nullopt;
  return DenialProof{
      DenialProof::Kind::insecure,
      encloser->next_closer.text() + " can be an unsigned zone: NSEC3 opts out of saying",
      {encloser->record, accepted(*span, zone)}};
}

std::optional<DenialProof> Nsec3Prover::no_rrset(const Name& name, RrType type, const Zone& zone) {
  for (const auto& [parameters, group] : followed(zone))
    if (auto proof = no_rrset_in(name, type, *parameters, *group, zone)) return proof;
  return std::nullopt;
}

std::optional<DenialProof> Nsec3Prover::no_rrset_in(const Name& name, RrType type,
                                                    const Parameters& parameters, Group& group,
                                                    const Zone& zone) {
  const std::string shows = "NSEC3 shows that " + name.text();
  if (const Candidate* at = match(name, parameters, group, zone)) {  // RFC 5155, 8.5
    if (!denies_type(at->data.types, type)) return std::nullopt;
    return DenialProof{
        DenialProof::Kind::denied, shows + " has no " + to_text(type), {accepted(*at, zone)}};
  }
  const auto encloser = closest_encloser(name, parameters, group, zone);
  if (!encloser) return std::nullopt;
  const Candidate* next_closer = cover(encloser->next_closer, parameters, group, zone);
  if (next_closer == nullptr || is_opt_out(next_closer->data)) return std::nullopt;
  DenialProof proof{DenialProof::Kind::denied,
                    shows + " does not exist",
                    {encloser->record, accepted(*next_closer, zone)}};
  if (const Candidate* at = match(encloser->wildcard, parameters, group, zone)) {  // 8.7
    if (!denies_type(at->data.types, type)) return std::nullopt;
    proof.what += " and that " + encloser->wildcard.text() + " has no " + to_text(type);
    proof.records.push_back(accepted(*at, zone));
    return proof;
  }
  const Candidate* no_wildcard = cover(encloser->wildcard, parameters, group, zone);  // 8.4
  if (no_wildcard == nullptr) return std::nullopt;
  proof.records.push_back(accepted(*no_wildcard, zone));
  return proof;
}

std::optional<DenialProof> Nsec3Prover::no_name(const Name& name, const Zone& zone) {
  for (const auto& [parameters, group] : followed(zone)) {
    const Candidate* found = cover(name, *parameters, *group, zone);
    if (found == nullptr) continue;
    // RFC 5155, 9.2: an opt-out span leaves open whether the name is in an unsigned zone.
    if (is_opt_out(found->data))
      return DenialProof{DenialProof::Kind::insecure,
                         name.text() + " can be an unsigned zone: NSEC3 opts out of saying",
                         {accepted(*found, zone)}};
    return DenialProof{DenialProof::Kind::denied,
                       "NSEC3 shows that " + name.text() + " does not exist",
                       {accepted(*found, zone)}};
  }
  return std::nullopt;
}

std::optional<DenialProof> Nsec3Prover::too_many_iterations(const Zone& zone) {
  for (const auto& [parameters, group] : groups(zone)) {
    if (parameters.first <= validator_.limits().nsec3_iterations) continue;
    for (const Candidate& candidate : group.candidates)
      if (const Accepted* record = accepted(candidate, zone))
        return DenialProof{
            DenialProof::Kind::insecure,
            "NSEC3 of " + zone.name.text() + " has " + std::to_string(parameters.first) +
                " iterations: " + std::to_string(validator_.limits().nsec3_iterations) +
                " are followed",
            {record}};
  }
  return std::nullopt;
}

}  // namespace mooring::dnschain
