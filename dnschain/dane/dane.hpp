// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "dnschain/dns/service.hpp"
#include "dnschain/proof/verifier.hpp"

namespace mooring::dnschain {

/// What a server presented in its Certificate message.
struct PresentedIdentity {
  std::vector<Bytes> certificates;  ///< DER, the leaf first; empty for a raw public key
  Bytes raw_public_key;             ///< DER SubjectPublicKeyInfo when it is a raw public key
  /// The path that PKIX validation built for the service's name, the leaf first, its root last.
  /// Empty when there was no such validation or it failed: then PKIX-TA(0) and PKIX-EE(1) match
  /// nothing.
  std::vector<Bytes> pkix_path = {};
};

struct DaneResult {
  bool authenticated = false;
  TlsaRecord matched;     ///< when authenticated
  std::size_t depth = 0;  ///< of the certificate that matched; 0 is the leaf
  std::string reason;     ///< why not, or what matched; one line
};

/// DANE authentication (RFC 6698; RFC 7671): unusable records are dropped, digest agility is
/// applied, DANE-EE(3) ignores names and dates, DANE-TA(2) checks both at `now`. A raw public key
/// is matched by "3 1 x" records only (RFC 7671, 5.1). Never throws on any input.
[[nodiscard]] DaneResult dane_authenticate(const std::vector<TlsaRecord>& records,
                                           const PresentedIdentity& presented,
                                           const Service& service, WallTime now);

/// Whether a record can be used at all: parameters that are known and data that they fit
/// (RFC 7671, 4.1 and 9).
[[nodiscard]] bool is_usable(const TlsaRecord& record);

}  // namespace mooring::dnschain
