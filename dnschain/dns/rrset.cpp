// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/dns/rrset.hpp"

#include <algorithm>

namespace mooring::dnschain {
namespace {

constexpr std::uint16_t kClassIn = 1;
constexpr std::uint32_t kMaxTtl = 0x7fffffff;

/// As something that compares octet by octet, without signs.
std::string_view octets(ByteView view) {
  return {reinterpret_cast<const char*>(view.data()), view.size()};
}

bool has_names_in_rdata(RrType type) {
  return type == RrType::cname || type == RrType::dname;
}

template <class Elements, class Projection>
void sort_and_drop_duplicates(Elements& elements, Projection by) {
  std::ranges::stable_sort(elements, {}, by);
  // Not std::ranges::unique: clang 14 cannot compile GCC 12's subranges.
  const auto same = [&](const auto& a, const auto& b) { return by(a) == by(b); };
  elements.erase(std::unique(elements.begin(), elements.end(), same), elements.end());
}

void order_records(RRset& set) {
  if (set.records.size() < 2) return;
  if (has_names_in_rdata(set.type))
    sort_and_drop_duplicates(set.records, [](const Record* record) {
      return std::string(octets(canonical_rdata(*record)));
    });
  else
    sort_and_drop_duplicates(set.records,
                             [](const Record* record) { return octets(record->rdata); });
}

std::string key_octets(const Name& owner) {
  return std::string(octets(owner.lower().wire()));
}

}  // namespace

std::uint32_t sane_ttl(std::uint32_t ttl) {
  return ttl > kMaxTtl ? 0 : ttl;
}

RRsetIndex::RRsetIndex(const std::vector<Record>& records) {
  for (const Record& record : records)
    if (record.rr_class == kClassIn) add(record);
  for (auto& [key, signatures] : signatures_)
    sort_and_drop_duplicates(signatures, [](const Signature& signature) -> const Bytes& {
      return signature.record->rdata;
    });
  for (auto& [key, set] : sets_) {
    order_records(set);
    const auto found = signatures_.find(Key{key.type, key.owner, {}});
    if (found != signatures_.end()) set.signatures = found->second;
  }
}

void RRsetIndex::add(const Record& record) {
  if (record.type == RrType::rrsig) {
    if (auto data = parse_rrsig(record.rdata))
      signatures_[Key{data->covered, key_octets(record.owner), {}}].push_back(
          {&record, std::move(*data)});
    return;
  }
  RRset& set =
      sets_[Key{record.type, key_octets(record.owner),
                record.type == RrType::nsec ? std::string(octets(record.rdata)) : std::string()}];
  const std::uint32_t ttl = sane_ttl(record.ttl);
  set.ttl = set.records.empty() ? ttl : std::min(set.ttl, ttl);
  set.owner = record.owner.lower();
  set.type = record.type;
  set.records.push_back(&record);
}

const RRset* RRsetIndex::find(const Name& owner, RrType type) const {
  const auto found = sets_.find(Key{type, key_octets(owner), {}});
  return found == sets_.end() ? nullptr : &found->second;
}

std::vector<const RRset*> RRsetIndex::of_type(RrType type) const {
  std::vector<const RRset*> sets;
  for (auto it = sets_.lower_bound(Key{type, {}, {}}); it != sets_.end() && it->first.type == type;
       ++it)
    sets.push_back(&it->second);
  return sets;
}

Bytes canonical_rdata(const Record& record) {
  if (has_names_in_rdata(record.type))
    if (const auto name = parse_single_name(record.rdata)) {
      const Name lower = name->lower();
      return Bytes(lower.wire().begin(), lower.wire().end());
    }
  return record.rdata;
}

}  // namespace mooring::dnschain
