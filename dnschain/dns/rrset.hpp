// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <span>
#include <vector>

#include "dnschain/dns/rdata.hpp"
#include "dnschain/dns/record.hpp"

namespace mooring::dnschain {

struct Signature {
  const Record* record = nullptr;
  RrsigData data;
};

/// Records of one owner and type, without duplicates, in canonical order (RFC 4034, 6.3), with the
/// RRSIGs that cover them. The records are those of the index's caller.
struct RRset {
  Name owner;
  RrType type{};
  std::uint32_t ttl = 0;  ///< the smallest of its records'
  std::vector<const Record*> records;
  std::span<const Signature> signatures;

  /// "example.com. DNSKEY"
  [[nodiscard]] std::string text() const { return owner.text() + ' ' + to_text(type); }
};

/// Finds RRsets of class IN among records in any order. Keeps pointers into the records, which must
/// outlive it. Every NSEC record is an RRset by itself: parent and child can each have one at the
/// name of a zone cut.
class RRsetIndex {
 public:
  explicit RRsetIndex(const std::vector<Record>& records);
  RRsetIndex(const RRsetIndex&) = delete;
  RRsetIndex& operator=(const RRsetIndex&) = delete;

  /// Not for NSEC.
  [[nodiscard]] const RRset* find(const Name& owner, RrType type) const;
  [[nodiscard]] std::vector<const RRset*> of_type(RrType type) const;

 private:
  struct Key {
    RrType type;
    std::string owner;  ///< octets of the lower-case wire form
    std::string rdata;  ///< for NSEC only
    auto operator<=>(const Key&) const = default;
  };
  void add(const Record& record);

  std::map<Key, RRset> sets_;
  std::map<Key, std::vector<Signature>> signatures_;
};

/// A TTL with its highest bit set counts as zero (RFC 2181, 8).
[[nodiscard]] std::uint32_t sane_ttl(std::uint32_t ttl);

/// RDATA in canonical form: the names in CNAME and DNAME lower-cased (RFC 4034, 6.2; the next name
/// of NSEC is not: RFC 6840, 5.1).
[[nodiscard]] Bytes canonical_rdata(const Record& record);

}  // namespace mooring::dnschain
