// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "dnschain/dns/record.hpp"
#include "support/signing_key.hpp"

namespace mooring::test {

using RecordList = std::vector<dnschain::Record>;

enum class Denial : std::uint8_t { nsec, nsec3, nsec3_opt_out };

struct ZoneSpec {
  std::string name;
  std::uint8_t algorithm = 13;
  Denial denial = Denial::nsec;
  std::uint16_t iterations = 0;  ///< of NSEC3
  std::string salt = {};         ///< of NSEC3, octets
  bool is_signed = true;
  bool one_key = false;  ///< a CSK in place of KSK and ZSK
  std::vector<std::uint8_t> digests = {2};
  std::uint32_t ttl = 3600;
};

/// A key of a zone and what it is used for.
struct ZoneKeySpec {
  const SigningKey* key = nullptr;
  std::uint16_t flags = 0;
  bool signs_keys = false;
  bool signs_data = false;
  bool in_ds = false;
  std::uint8_t protocol = 3;
  [[nodiscard]] dnschain::Bytes rdata() const { return key->dnskey_rdata(flags, protocol); }
  [[nodiscard]] std::uint16_t tag() const;
};

/// One zone: its records, keys and proofs that something does not exist. What is signed is signed
/// when it is asked for.
class SignedZone {
 public:
  SignedZone(ZoneSpec spec, dnschain::WallTime inception, dnschain::WallTime expiration);

  std::vector<ZoneKeySpec> keys;  ///< may be changed before anything is asked for

  [[nodiscard]] const ZoneSpec& spec() const { return spec_; }
  [[nodiscard]] const dnschain::Name& apex() const { return apex_; }
  void add(const dnschain::Name& owner, dnschain::RrType type, dnschain::Bytes rdata,
           std::uint32_t ttl);
  void remove(const dnschain::Name& owner, dnschain::RrType type) { nodes_[owner].erase(type); }
  /// A delegation to `child`, with its DS RRset when it is signed.
  void delegate(const SignedZone& child);

  /// Records of the zone's own at a name, without RRSIGs; empty when there are none.
  [[nodiscard]] RecordList records(const dnschain::Name& owner, dnschain::RrType type) const;
  [[nodiscard]] bool is_delegation(const dnschain::Name& owner) const;
  /// There is a record at the name or below it.
  [[nodiscard]] bool exists(const dnschain::Name& owner) const;
  [[nodiscard]] dnschain::Name closest_encloser(const dnschain::Name& owner) const;

  /// How this zone signs `rrset`, to be altered by those who want it wrong.
  [[nodiscard]] std::vector<SignatureSpec> signatures_for(const RecordList& rrset) const;
  /// `rrset` with RRSIGs by the zone's keys; only `rrset` itself when the zone is unsigned.
  [[nodiscard]] RecordList sign(RecordList rrset) const;
  [[nodiscard]] RecordList dnskey() const;
  /// DS records for this zone's keys.
  [[nodiscard]] RecordList ds() const;

  /// The NSEC or NSEC3 record at a name, signed; empty when there is none.
  [[nodiscard]] RecordList matching(const dnschain::Name& owner) const;
  /// The NSEC or NSEC3 record whose span holds the name, signed.
  [[nodiscard]] RecordList covering(const dnschain::Name& owner) const;
  /// Everything in the zone, signed, as a server loads it.
  [[nodiscard]] RecordList all() const;

 private:
  using Hash = std::array<std::byte, 20>;
  [[nodiscard]] RecordList nsec_at(const dnschain::Name& owner, const dnschain::Name& next) const;
  [[nodiscard]] RecordList nsec3_at(const Hash& hash, const Hash& next,
                                    const dnschain::Name& name) const;
  [[nodiscard]] std::vector<dnschain::Name> nsec_names() const;
  [[nodiscard]] std::map<Hash, dnschain::Name> nsec3_names() const;
  [[nodiscard]] std::vector<dnschain::RrType> types_at(const dnschain::Name& owner) const;
  [[nodiscard]] Hash hash(const dnschain::Name& name) const;

  ZoneSpec spec_;
  dnschain::Name apex_;
  dnschain::WallTime inception_;
  dnschain::WallTime expiration_;
  std::map<dnschain::Name, std::map<dnschain::RrType, RecordList>> nodes_;
};

/// Types as NSEC and NSEC3 list them.
[[nodiscard]] dnschain::Bytes type_bitmap(std::vector<dnschain::RrType> types);

}  // namespace mooring::test
