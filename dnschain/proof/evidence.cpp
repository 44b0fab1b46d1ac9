// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/proof/evidence.hpp"

#include <algorithm>

#include "dnschain/dns/rdata.hpp"

namespace mooring::dnschain {
namespace {

std::vector<TlsaRecord> tlsa_records(const RRset& rrset) {
  std::vector<TlsaRecord> out;
  for (const Record* record : rrset.records)
    if (const auto data = parse_tlsa(record->rdata))
      out.push_back({data->usage, data->selector, data->matching,
                     Bytes(data->data.begin(), data->data.end())});
  return out;
}

}  // namespace

void Evidence::use(const Zone& zone) {
  if (std::ranges::find(zones_, &zone) != zones_.end()) return;
  zones_.push_back(&zone);
  if (zone.ds != nullptr) use(*zone.ds);
  if (zone.keyset != nullptr) use(*zone.keyset);
}

void Evidence::use(const Accepted& accepted) {
  if (std::ranges::find(accepted_, &accepted) == accepted_.end()) accepted_.push_back(&accepted);
}

Verdict Evidence::verdict(VerdictKind kind, std::string reason, const Accepted* tlsa) const {
  Verdict verdict;
  verdict.kind = kind;
  verdict.reason = std::move(reason);
  for (const Zone* zone : zones_) verdict.zones.push_back(step_of(*zone));
  if (kind == VerdictKind::bogus) return verdict;
  verdict.until = WallTime::max();
  verdict.ttl = 0x7fffffff;
  for (const Accepted* accepted : accepted_) {
    verdict.until = std::min(verdict.until, accepted->until);
    verdict.ttl = std::min(verdict.ttl, accepted->ttl);
    for (const Record* record : accepted->rrset->records) verdict.proof.push_back(*record);
    verdict.proof.push_back(*accepted->signature->record);
  }
  if (tlsa != nullptr) {
    verdict.tlsa = tlsa_records(*tlsa->rrset);
    verdict.tlsa_ttl = tlsa->ttl;
  }
  return verdict;
}

ZoneStep Evidence::step_of(const Zone& zone) const {
  ZoneStep step;
  step.zone = zone.name;
  for (const ZoneKey& key : zone.keys)
    step.keys.push_back({key.tag, key.data.flags, key.data.algorithm, key.anchored});
  for (const Accepted* accepted : accepted_) {
    if (accepted->zone != &zone) continue;
    const RrsigData& rrsig = accepted->signature->data;
    step.signatures.push_back({accepted->rrset->owner, accepted->rrset->type, rrsig.key_tag,
                               rrsig.algorithm, validator_.absolute(rrsig.inception),
                               validator_.absolute(rrsig.expiration)});
  }
  return step;
}

}  // namespace mooring::dnschain
