// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dnschain/dns/record.hpp"
#include "dnschain/dns/service.hpp"
#include "dnschain/proof/algorithm.hpp"
#include "dnschain/proof/trust_anchor.hpp"

namespace mooring::dnschain {

/// One usable TLSA record (RFC 6698, 2.1).
struct TlsaRecord {
  std::uint8_t usage = 0;
  std::uint8_t selector = 0;
  std::uint8_t matching = 0;
  Bytes data;

  bool operator==(const TlsaRecord&) const = default;
};

/// "3 1 1 8bd1da95...": as in a zone file.
[[nodiscard]] std::string to_text(const TlsaRecord& record);

/// A DNSKEY on the way, for a person to look at.
struct KeyStep {
  std::uint16_t tag = 0;
  std::uint16_t flags = 0;
  std::uint8_t algorithm = 0;
  bool anchored = false;  ///< a DS of the parent or the trust anchor vouches for this key
};

/// A signature that was checked and held.
struct SignatureStep {
  Name owner;
  RrType covered{};
  std::uint16_t key_tag = 0;
  std::uint8_t algorithm = 0;
  WallTime inception{};
  WallTime expiration{};
};

/// One zone on the way from the trust anchor down to the leaf.
struct ZoneStep {
  Name zone;
  std::vector<KeyStep> keys;
  std::vector<SignatureStep> signatures;  ///< made by this zone's keys
};

enum class VerdictKind : std::uint8_t { secure, denial, insecure, bogus };

/// What a chain proves about a service at one moment.
struct Verdict {
  VerdictKind kind = VerdictKind::bogus;
  std::string reason;            ///< bogus: what is wrong, naming the record; else what is proven
  std::vector<TlsaRecord> tlsa;  ///< secure: the RRset
  std::uint32_t tlsa_ttl = 0;    ///< seconds, as bounded by its RRSIG's original TTL
  WallTime until{};              ///< the first moment at which it holds no longer by signatures
  std::uint32_t ttl = 0;         ///< the smallest TTL of all records that the proof needs
  std::vector<ZoneStep> zones;   ///< from the trust anchor's zone down, each once
  std::vector<Record> proof;     ///< the records that the proof needs, and no other
};

/// Bounds on the work that one verification may cause (KeyTrap, NSEC3 iterations, alias chains).
struct VerifyLimits {
  std::size_t records = 1024;
  std::size_t signature_checks = 80;  ///< of ECDSA P-256; P-384 counts for 4, Ed448 for 3
  std::size_t failed_checks = 16;     ///< of them, those that did not hold
  std::size_t keys_per_tag = 4;
  std::size_t nsec3_iterations = kMaxNsec3Iterations;
  std::size_t hashes = 10000;  ///< rounds of NSEC3 hashing and DS digests
  std::size_t aliases = 8;
};

/// Verifies a chain (RFC 9102, 6; RFC 4035, 5; RFC 5155, 8): `records` in any order, to prove or
/// deny the TLSA RRset of `service` from `anchor` at `now`. Never throws on any input.
[[nodiscard]] Verdict verify(const std::vector<Record>& records, const Service& service,
                             const TrustAnchor& anchor, WallTime now,
                             const VerifyLimits& limits = {});

}  // namespace mooring::dnschain
