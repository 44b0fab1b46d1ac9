// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/proof/zone_keys.hpp"

#include <algorithm>
#include <map>

#include "dnschain/proof/algorithm.hpp"

namespace mooring::dnschain {
namespace {

constexpr std::uint16_t kZoneKey = 0x0100;  // RFC 4034, 2.1.1
constexpr std::uint16_t kRevoked = 0x0080;  // RFC 5011, 2.1
constexpr std::uint8_t kProtocol = 3;       // RFC 4034, 2.1.2

std::vector<DsData> supported_ds(const std::vector<const Record*>& vouchers) {
  std::vector<DsData> out;
  for (const Record* voucher : vouchers)
    if (voucher->type == RrType::ds && is_supported_ds(*voucher))
      out.push_back(*parse_ds(voucher->rdata));
  return out;
}

/// RFC 4034, 2.1.1 and 2.1.2; a revoked key signs nothing but its own revocation (RFC 5011, 2.1).
bool is_usable(const DnskeyData& data) {
  return (data.flags & kZoneKey) != 0 && (data.flags & kRevoked) == 0 &&
         data.protocol == kProtocol && is_supported_algorithm(data.algorithm);
}

/// Whether one of the DS records has the digest of a key (RFC 4034, 5.1.4). Each digest is computed
/// once only, however many DS records ask for it.
bool has_digest_in(const std::vector<DsData>& ds_records, const Name& zone, const Record& key,
                   const ZoneKey& parsed, WorkBudget& budget) {
  std::map<std::uint8_t, Bytes> digests;
  for (const DsData& ds : ds_records) {
    if (ds.key_tag != parsed.tag || ds.algorithm != parsed.data.algorithm) continue;
    auto found = digests.find(ds.digest_type);
    if (found == digests.end()) {
      if (!budget.spend_hashes(1)) return false;
      Bytes input(zone.wire().begin(), zone.wire().end());
      input.insert(input.end(), key.rdata.begin(), key.rdata.end());
      found = digests.emplace(ds.digest_type, *ds_digest(ds.digest_type, input)).first;
    }
    if (std::ranges::equal(found->second, ds.digest)) return true;
  }
  return false;
}

}  // namespace

bool is_supported_ds(const Record& record) {
  const auto ds = parse_ds(record.rdata);
  return ds && is_supported_algorithm(ds->algorithm) && is_supported_digest(ds->digest_type);
}

std::vector<ZoneKey> read_keys(const Name& zone, const RRset& keyset,
                               const std::vector<const Record*>& vouchers, WorkBudget& budget) {
  const std::vector<DsData> ds_records = supported_ds(vouchers);
  std::vector<ZoneKey> keys;
  for (const Record* record : keyset.records) {
    const auto data = parse_dnskey(record->rdata);
    if (!data) continue;
    ZoneKey key{*data, key_tag(record->rdata), is_usable(*data), false};
    const auto is_itself = [&](const Record* voucher) {
      return voucher->type == RrType::dnskey && voucher->rdata == record->rdata;
    };
    key.anchored = key.usable && (has_digest_in(ds_records, zone, *record, key, budget) ||
                                  std::ranges::any_of(vouchers, is_itself));
    keys.push_back(key);
  }
  return keys;
}

}  // namespace mooring::dnschain
