// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/proof/validator.hpp"

#include <algorithm>

#include "dnschain/base/time_text.hpp"
#include "dnschain/dns/wire.hpp"
#include "dnschain/proof/algorithm.hpp"

namespace mooring::dnschain {
namespace {

/// The number of labels that the RRSIG of an unexpanded RRset counts (RFC 4034, 3.1.3).
std::size_t signed_labels(const Name& owner) {
  return owner.labels() - (owner.is_wildcard() ? 1 : 0);
}

/// What the signature is over (RFC 4034, 3.1.8.1; RFC 4035, 5.3.2).
Bytes signed_data(const RRset& rrset, const Signature& signature) {
  const RrsigData& rrsig = signature.data;
  Name owner = rrset.owner.lower();
  if (rrsig.labels < signed_labels(owner))
    owner = *owner.without_first(owner.labels() - rrsig.labels).with_label("*");
  Bytes out;
  WireWriter writer(out);
  writer.append(ByteView(signature.record->rdata).first(18));
  writer.append(rrsig.signer.lower().wire());
  for (const Record* record : rrset.records) {
    const Bytes rdata = canonical_rdata(*record);
    writer.append(owner.wire());
    writer.u16(static_cast<std::uint16_t>(rrset.type));
    writer.u16(record->rr_class);
    writer.u32(rrsig.original_ttl);
    writer.u16(static_cast<std::uint16_t>(rdata.size()));
    writer.append(rdata);
  }
  return out;
}

std::string signature_text(const RRset& rrset, const RrsigData& rrsig) {
  return "RRSIG of " + rrset.text() + " by key " + std::to_string(rrsig.key_tag) + " of " +
         rrsig.signer.text();
}

tl::unexpected<Error> refused(std::string why) {
  return tl::unexpected(Error{ErrorCode::unproven, std::move(why)});
}

/// Zones of the trust anchor, by name, that can be used.
bool speaks_of(const Record& anchor, const Name& zone) {
  return anchor.owner == zone && is_usable_anchor(anchor);
}

}  // namespace

std::chrono::seconds time_until(std::uint32_t time, WallTime now) {
  const auto now32 = static_cast<std::uint32_t>(now.time_since_epoch().count());
  return std::chrono::seconds(static_cast<std::int32_t>(time - now32));
}

bool Accepted::is_expanded() const {
  return signature->data.labels < signed_labels(rrset->owner);
}

Validator::Validator(const RRsetIndex& index, const TrustAnchor& anchor, WallTime now,
                     const VerifyLimits& limits)
    : index_(index), anchor_(anchor), now_(now), limits_(limits), budget_(limits) {}

const Checked& Validator::check(const RRset& rrset, const Zone& zone) {
  const auto key = std::pair(&rrset, &zone);
  const auto found = checked_.find(key);
  if (found != checked_.end()) return found->second;
  return checked_.emplace(key, check_uncached(rrset, zone, Signers::zone_keys)).first->second;
}

Checked Validator::check_uncached(const RRset& rrset, const Zone& zone, Signers signers) {
  if (rrset.signatures.empty()) return refused(rrset.text() + " has no RRSIG");
  if (!budget_.spend_looks(rrset.signatures.size())) return refused(*exhausted());
  std::vector<const Signature*> fit;
  const Signature* nearest = nullptr;  // to being fit: the one to tell about
  Fitness nearest_fitness = Fitness::other_zone;
  for (const Signature& signature : rrset.signatures) {
    const Fitness fits = fitness(rrset, signature, zone);
    if (fits == Fitness::fit) fit.push_back(&signature);
    if (nearest == nullptr || fits > nearest_fitness) {
      nearest = &signature;
      nearest_fitness = fits;
    }
  }
  if (fit.empty()) return refused(unfit_text(nearest_fitness, rrset, *nearest, zone));
  // The one that lasts longest first: the verdict holds until the first of all expires.
  std::ranges::stable_sort(fit, std::ranges::greater{}, [&](const Signature* signature) {
    return time_until(signature->data.expiration, now_);
  });
  std::string reason;
  for (const Signature* signature : fit) {
    Checked result = try_keys(rrset, *signature, zone, signers);
    if (result || exhausted()) return result;
    if (reason.empty()) reason = std::move(result.error().context);
  }
  return refused(std::move(reason));
}

/// RFC 4035, 5.3.1.
Validator::Fitness Validator::fitness(const RRset& rrset, const Signature& signature,
                                      const Zone& zone) const {
  const RrsigData& rrsig = signature.data;
  if (rrsig.signer != zone.name) return Fitness::other_zone;
  if (rrsig.labels > signed_labels(rrset.owner)) return Fitness::too_many_labels;
  if (rrsig.labels < zone.name.labels()) return Fitness::wildcard_outside;
  if (!is_supported_algorithm(rrsig.algorithm)) return Fitness::unsupported;
  if (time_until(rrsig.inception, now_) > std::chrono::seconds(0)) return Fitness::early;
  if (time_until(rrsig.expiration, now_) < std::chrono::seconds(0)) return Fitness::expired;
  return Fitness::fit;
}

std::string Validator::unfit_text(Fitness fitness, const RRset& rrset, const Signature& signature,
                                  const Zone& zone) const {
  const RrsigData& rrsig = signature.data;
  const std::string what = signature_text(rrset, rrsig);
  switch (fitness) {
    case Fitness::other_zone:
      return what + " is not by the zone that it is in, " + zone.name.text();
    case Fitness::too_many_labels:
      return what + " counts more labels than its owner has";
    case Fitness::wildcard_outside:
      return what + " is of a wildcard outside of its zone";
    case Fitness::unsupported:
      return what + " has the unsupported algorithm " + std::to_string(rrsig.algorithm);
    case Fitness::early:
      return what + " is not valid before " + to_text(absolute(rrsig.inception));
    case Fitness::expired:
      return what + " has expired at " + to_text(absolute(rrsig.expiration));
    case Fitness::fit:
      break;
  }
  return what + " does not hold";
}

Checked Validator::try_keys(const RRset& rrset, const Signature& signature, const Zone& zone,
                            Signers signers) {
  const RrsigData& rrsig = signature.data;
  Bytes data;
  std::size_t tried = 0;
  std::optional<std::string> fault;  // of a key
  for (const ZoneKey& key : zone.keys) {
    if (!key.usable || key.tag != rrsig.key_tag || key.data.algorithm != rrsig.algorithm) continue;
    if (signers == Signers::anchored_keys && !key.anchored) continue;
    // Many keys with one tag are made only to waste time (CVE-2023-50387).
    if (tried++ == limits_.keys_per_tag) break;
    if (auto why = key_fault(rrsig.algorithm, key.data.key)) {
      fault = std::move(why);
      continue;
    }
    const std::size_t cost = check_cost(rrsig.algorithm, key.data.key);
    if (!budget_.spend_check(cost)) return refused(*exhausted());
    if (data.empty()) data = signed_data(rrset, signature);
    if (check_signature(rrsig.algorithm, key.data.key, rrsig.signature, data))
      return accept(rrset, signature, zone);
    budget_.check_failed(cost);
  }
  const std::string what = signature_text(rrset, rrsig);
  if (fault) return refused(what + " cannot be checked with that key: " + *fault);
  if (tried > 0) return refused(what + " does not hold");
  return refused(what + (signers == Signers::anchored_keys
                             ? ": no DS record or trust anchor vouches for such a key"
                             : ": the zone has no such key"));
}

Accepted Validator::accept(const RRset& rrset, const Signature& signature, const Zone& zone) const {
  const auto left = time_until(signature.data.expiration, now_);
  Accepted accepted;
  accepted.rrset = &rrset;
  accepted.signature = &signature;
  accepted.zone = &zone;
  accepted.ttl =
      std::min({rrset.ttl, sane_ttl(signature.record->ttl), sane_ttl(signature.data.original_ttl),
                static_cast<std::uint32_t>(left.count())});
  accepted.until = now_ + left + std::chrono::seconds(1);
  return accepted;
}

WallTime Validator::absolute(std::uint32_t time) const {
  return now_ + time_until(time, now_);
}

bool Validator::has_supported_ds(const RRset& ds) {
  return std::ranges::any_of(ds.records,
                             [](const Record* record) { return is_supported_ds(*record); });
}

const Zone* Validator::anchored_zone(const Name& name) {
  for (std::size_t up = 0; up <= name.labels(); ++up) {
    const Name zone_name = name.without_first(up);
    std::vector<const Record*> vouchers;
    for (const Record& record : anchor_.records())
      if (speaks_of(record, zone_name)) vouchers.push_back(&record);
    if (vouchers.empty()) continue;
    const auto [at, added] = zones_.try_emplace(zone_name);
    if (added) {
      at->second.name = zone_name.lower();
      load_keys(at->second, vouchers);
    }
    return &at->second;
  }
  return nullptr;
}

const Zone& Validator::child_zone(const Accepted& ds, const Zone& parent) {
  const auto [at, added] = zones_.try_emplace(ds.rrset->owner);
  if (added) {
    at->second.name = ds.rrset->owner;
    at->second.parent = &parent;
    at->second.ds = &ds;
    load_keys(at->second, ds.rrset->records);
  }
  return at->second;
}

/// Reads the zone's DNSKEY RRset and checks it with a key that one of `vouchers`, DS or DNSKEY
/// records, speaks of (RFC 4035, 5.2).
void Validator::load_keys(Zone& zone, const std::vector<const Record*>& vouchers) {
  const RRset* keyset = index_.find(zone.name, RrType::dnskey);
  if (keyset == nullptr) {
    zone.problem = zone.name.text() + " DNSKEY is missing";
    return;
  }
  zone.keys = read_keys(zone.name, *keyset, vouchers, budget_);
  if (exhausted()) {
    zone.problem = *exhausted();
    return;
  }
  if (std::ranges::none_of(zone.keys, &ZoneKey::anchored)) {
    zone.problem = zone.name.text() + " DNSKEY has no key that " +
                   (zone.parent == nullptr ? "the trust anchor" : "its DS RRset") + " vouches for";
    return;
  }
  const Checked& result =
      checked_
          .emplace(std::pair(keyset, &zone), check_uncached(*keyset, zone, Signers::anchored_keys))
          .first->second;
  if (!result) {
    zone.problem = result.error().context;
  } else if (result->is_expanded()) {
    zone.problem = zone.name.text() + " DNSKEY is made from a wildcard";
  } else {
    zone.keyset = &*result;
  }
}

}  // namespace mooring::dnschain
