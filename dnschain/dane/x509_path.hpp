// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "dnschain/base/bytes.hpp"
#include "dnschain/base/error.hpp"

struct x509_st;
struct evp_pkey_st;

namespace mooring::dnschain {

struct X509Deleter {
  void operator()(x509_st* certificate) const noexcept;
};
struct EvpPkeyDeleter {
  void operator()(evp_pkey_st* key) const noexcept;
};

using X509Ptr = std::unique_ptr<x509_st, X509Deleter>;
using EvpPkeyPtr = std::unique_ptr<evp_pkey_st, EvpPkeyDeleter>;

/// Of what a server presents no more are looked at: no honest one sends more, and each costs time.
inline constexpr std::size_t kMaxCertificates = 16;

/// A certificate from DER; null when it is none, or when something follows it.
[[nodiscard]] X509Ptr parse_certificate(ByteView der);

/// A public key from a DER SubjectPublicKeyInfo; null as above.
[[nodiscard]] EvpPkeyPtr parse_public_key(ByteView der);

/// The DER SubjectPublicKeyInfo in a certificate; empty when it cannot be written.
[[nodiscard]] Bytes public_key_of(x509_st& certificate);

/// Whether the certificate's signature holds under `key`.
[[nodiscard]] bool is_signed_by(x509_st& certificate, evp_pkey_st& key);

/// Whether a key that no path check will look at is strong enough, and not made to be slow.
[[nodiscard]] bool is_fit_for_path(evp_pkey_st& key);

/// Whether `host` is a dNSName of the certificate's subjectAltName, by the rules of find_path().
[[nodiscard]] bool holds_name(x509_st& certificate, const std::string& host);

/// A path that holds, DER, the leaf first and the trusted certificate last; or why there
/// is none.
using PathResult = Result<std::vector<Bytes>>;

/// Looks for a path from `leaf` through some of `others`, in any order, to one of `anchors`, which
/// need not be self-signed (RFC 5280, 6): signatures (none by SHA-1 or a short key), dates at
/// `now`, constraints, purpose, and that the leaf's subjectAltName holds `host` as a dNSName, with
/// "*" for nothing but the whole left-most label (RFC 8310, 8.1; the subject itself never counts).
[[nodiscard]] PathResult find_path(x509_st& leaf, const std::vector<X509Ptr>& others,
                                   const std::vector<x509_st*>& anchors, const std::string& host,
                                   WallTime now);

/// The same of certificates as they are on the wire: what a server presented, its own first, and
/// the authorities that are trusted. What cannot be read is no part of any path.
[[nodiscard]] PathResult find_path(const std::vector<Bytes>& presented,
                                   const std::vector<Bytes>& authorities, const std::string& host,
                                   WallTime now);

}  // namespace mooring::dnschain
