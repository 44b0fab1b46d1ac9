// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases/scene.hpp"

#include <algorithm>

#include "dnschain/dns/rdata.hpp"

namespace mooring::test {

using dnschain::Record;
using dnschain::RrType;

dnschain::Name name(std::string_view text) {
  return dnschain::Name::parse(text).value();
}

dnschain::Bytes octets_of(std::string_view text) {
  const auto parsed = name(text);
  return dnschain::Bytes(parsed.wire().begin(), parsed.wire().end());
}

dnschain::Service Scene::service() const {
  return dnschain::Service::create(host, dnschain::Port{853}).value();
}

RecordList& Scene::take_chain() {
  records = tree.chain(service());
  return records;
}

dnschain::Verdict Scene::verify() {
  if (records.empty()) take_chain();
  const auto trusted =
      dnschain::TrustAnchor::parse(anchor.empty() ? tree.anchor_text() : anchor, "case").value();
  return dnschain::verify(records, service(), trusted, now, limits);
}

void plant(Scene& scene, Denial denial, std::uint8_t algorithm) {
  scene.tree.zone({"example.", algorithm, denial});
  scene.tree.zone({"zone.example.", algorithm, denial});
}

void plant_tlsa(Scene& scene, Denial denial) {
  plant(scene, denial);
  scene.tree.tlsa(kOwner);
}

namespace {

bool covers(const Record& record, const dnschain::Name& owner, RrType type) {
  if (record.type != RrType::rrsig || record.owner != owner) return false;
  const auto data = dnschain::parse_rrsig(record.rdata);
  return data && data->covered == type;
}

}  // namespace

void drop(Scene& scene, std::string_view owner, RrType type) {
  drop_signatures(scene, owner, type);
  const auto at = name(owner);
  std::erase_if(scene.records,
                [&](const Record& record) { return record.owner == at && record.type == type; });
}

void drop_signatures(Scene& scene, std::string_view owner, RrType type) {
  const auto at = name(owner);
  std::erase_if(scene.records, [&](const Record& record) { return covers(record, at, type); });
}

void change(Scene& scene, std::string_view owner, RrType type,
            const std::function<void(Record&)>& how) {
  const auto at = name(owner);
  for (Record& record : scene.records)
    if (record.owner == at && record.type == type) how(record);
}

void change_signatures(Scene& scene, std::string_view owner, RrType type,
                       const std::function<void(Record&)>& how) {
  const auto at = name(owner);
  for (Record& record : scene.records)
    if (covers(record, at, type)) how(record);
}

void sign_anew(Scene& scene, std::string_view owner, RrType type, std::string_view zone,
               const std::function<void(SignatureSpec&)>& how) {
  drop_signatures(scene, owner, type);
  const auto at = name(owner);
  RecordList rrset;
  std::ranges::copy_if(scene.records, std::back_inserter(rrset), [&](const Record& record) {
    return record.owner == at && record.type == type;
  });
  for (SignatureSpec spec : scene.tree.at(zone).signatures_for(rrset)) {
    if (how) how(spec);
    scene.records.push_back(make_rrsig(rrset, spec));
  }
}

void change_denials(Scene& scene, std::string_view zone, const std::function<void(Record&)>& how) {
  const SignedZone& signer = scene.tree.at(zone);
  RecordList changed;
  for (const Record& record : scene.records) {
    if (record.type != RrType::nsec && record.type != RrType::nsec3) continue;
    const bool here = record.type == RrType::nsec ? record.owner.is_at_or_below(signer.apex())
                                                  : record.owner.parent() == signer.apex();
    if (here) changed.push_back(record);
  }
  for (Record& record : changed) {
    drop(scene, record.owner.text(), record.type);
    how(record);
    append(scene.records, signer.sign({record}));
  }
}

void append(RecordList& out, const RecordList& more) {
  out.insert(out.end(), more.begin(), more.end());
}

RecordList signed_nsec(Scene& scene, std::string_view zone, std::string_view owner,
                       std::string_view next, std::vector<RrType> types) {
  types.push_back(RrType::nsec);
  types.push_back(RrType::rrsig);
  dnschain::Bytes rdata = octets_of(next);
  const auto bitmap = type_bitmap(types);
  rdata.insert(rdata.end(), bitmap.begin(), bitmap.end());
  return scene.tree.at(zone).sign({Record{name(owner), RrType::nsec, 1, 3600, rdata}});
}

}  // namespace mooring::test
