// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/build/chain_layout.hpp"

#include <algorithm>
#include <optional>

#include "dnschain/dns/rdata.hpp"
#include "dnschain/proof/algorithm.hpp"
#include "dnschain/proof/validator.hpp"

namespace mooring::dnschain {
namespace {

constexpr std::uint16_t kZoneKey = 0x0100;  // RFC 4034, 2.1.1
constexpr std::uint16_t kRevoked = 0x0080;  // RFC 5011, 2.1
constexpr std::uint16_t kEntryPoint = 0x0001;

/// An RRset of the chain.
struct Part {
  std::vector<const Record*> data;
  const Record* accepted = nullptr;  ///< the RRSIG that the proof relies on, if it needs the RRset

  [[nodiscard]] const Name& owner() const { return data.front()->owner; }
  [[nodiscard]] RrType type() const { return data.front()->type; }
};

/// An RRSIG that may go along.
struct Candidate {
  const Record* record = nullptr;
  RrsigData data;
  bool signs_keys = false;  ///< by a key-signing key
};

class Layout {
 public:
  Layout(const std::vector<Record>& records, const Verdict& verdict, WallTime now)
      : records_(records), verdict_(verdict), now_(now) {
    split_proof();
    add_root_keys();
  }

  std::vector<Record> run() {
    for (const Part& part : parts_)
      if (!is_of_a_zone(part)) append(part);
    // A zone that is not below the one before it begins another way down: that of the next name.
    const auto& zones = verdict_.zones;
    for (auto begin = zones.begin(); begin != zones.end();) {
      auto end = begin + 1;
      while (end != zones.end() && end->zone.is_below((end - 1)->zone)) ++end;
      for (auto zone = end; zone != begin;) append_zone((--zone)->zone);
      begin = end;
    }
    if (!is_known(Name())) append_zone(Name());
    return std::move(out_);
  }

 private:
  /// The verdict lists RRset after RRset, its one RRSIG at the end of each.
  void split_proof() {
    Part part;
    for (const Record& record : verdict_.proof) {
      if (record.type != RrType::rrsig) {
        part.data.push_back(&record);
        continue;
      }
      part.accepted = &record;
      parts_.push_back(std::exchange(part, {}));
    }
  }

  void add_root_keys() {
    if (find(Name(), RrType::dnskey) != nullptr) return;
    Part part;
    for (const Record& record : records_)
      if (record.type == RrType::dnskey && record.owner.is_root()) part.data.push_back(&record);
    if (!part.data.empty()) parts_.push_back(std::move(part));
  }

  const Part* find(const Name& owner, RrType type) const {
    const auto found = std::ranges::find_if(
        parts_, [&](const Part& part) { return part.type() == type && part.owner() == owner; });
    return found == parts_.end() ? nullptr : &*found;
  }
  bool is_known(const Name& zone) const {
    return std::ranges::find(verdict_.zones, zone, &ZoneStep::zone) != verdict_.zones.end();
  }
  /// Not the answer itself. A DS RRset is that for a zone that counts as unsigned.
  bool is_of_a_zone(const Part& part) const {
    return part.type() == RrType::dnskey || (part.type() == RrType::ds && is_known(part.owner()));
  }

  void append_zone(const Name& zone) {
    for (const RrType type : {RrType::dnskey, RrType::ds})
      if (const Part* part = find(zone, type)) append(*part);
  }

  void append(const Part& part) {
    for (const Record* record : part.data) out_.push_back(*record);
    for (const Record* record : signatures_of(part)) out_.push_back(*record);
  }

  std::vector<const Record*> signatures_of(const Part& part) const {
    std::vector<Candidate> kept;
    const auto has = [&](auto member, auto value) {
      return std::ranges::any_of(kept, [&](const Candidate& c) { return c.data.*member == value; });
    };
    const auto candidates = candidates_for(part);
    if (part.accepted != nullptr)
      kept.push_back({part.accepted, *parse_rrsig(part.accepted->rdata), false});
    for (const Candidate& each : candidates)
      if (each.signs_keys && !has(&RrsigData::key_tag, each.data.key_tag)) kept.push_back(each);
    for (const Candidate& each : candidates)
      if (!has(&RrsigData::algorithm, each.data.algorithm)) kept.push_back(each);
    std::vector<const Record*> out;
    for (const Candidate& each : kept) out.push_back(each.record);
    return out;
  }

  /// What might be kept, the longest lasting first.
  std::vector<Candidate> candidates_for(const Part& part) const {
    const Name signer =
        part.accepted == nullptr ? part.owner() : parse_rrsig(part.accepted->rdata)->signer;
    std::vector<Candidate> out;
    for (const Record& record : records_) {
      if (record.type != RrType::rrsig || record.owner != part.owner()) continue;
      const auto data = parse_rrsig(record.rdata);
      if (!data || data->covered != part.type() || data->signer != signer) continue;
      if (!is_supported_algorithm(data->algorithm) || !is_in_time(*data)) continue;
      const auto flags = key_flags(*data);
      if (!flags) continue;
      const bool signs_keys =
          part.type() == RrType::dnskey && ((*flags & kEntryPoint) != 0 || is_anchored(*data));
      out.push_back({&record, *data, signs_keys});
    }
    std::ranges::stable_sort(out, std::ranges::greater{}, [&](const Candidate& each) {
      return time_until(each.data.expiration, now_);
    });
    return out;
  }

  bool is_in_time(const RrsigData& data) const {
    return time_until(data.inception, now_).count() <= 0 &&
           time_until(data.expiration, now_).count() >= 0;
  }

  /// The flags of the key that made a signature, if it is one that may sign.
  std::optional<std::uint16_t> key_flags(const RrsigData& rrsig) const {
    const Part* keys = find(rrsig.signer, RrType::dnskey);
    if (keys == nullptr) return std::nullopt;
    for (const Record* record : keys->data) {
      const auto key = parse_dnskey(record->rdata);
      if (key && key->algorithm == rrsig.algorithm && key->protocol == 3 &&
          (key->flags & kZoneKey) != 0 && (key->flags & kRevoked) == 0 &&
          key_tag(record->rdata) == rrsig.key_tag)
        return key->flags;
    }
    return std::nullopt;
  }

  bool is_anchored(const RrsigData& rrsig) const {
    const auto zone = std::ranges::find(verdict_.zones, rrsig.signer, &ZoneStep::zone);
    return zone != verdict_.zones.end() && std::ranges::any_of(zone->keys, [&](const KeyStep& key) {
             return key.anchored && key.tag == rrsig.key_tag && key.algorithm == rrsig.algorithm;
           });
  }

  const std::vector<Record>& records_;
  const Verdict& verdict_;
  WallTime now_;
  std::vector<Part> parts_;
  std::vector<Record> out_;
};

}  // namespace

std::vector<Record> lay_out(const std::vector<Record>& records, const Verdict& verdict,
                            WallTime now) {
  return Layout(records, verdict, now).run();
}

}  // namespace mooring::dnschain
