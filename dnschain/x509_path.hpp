// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dnschain/bytes.hpp"

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

/// Checks the path from `leaf` through some of `others`, in any order, to `anchor`, which need not
/// be self-signed (RFC 5280, 6): signatures, dates at `now`, constraints, and that the leaf's
/// subjectAltName holds `host` (RFC 8310, 8.1; the subject itself does not count). Nothing when all
/// is well, else why not in one line.
[[nodiscard]] std::optional<std::string> path_fault(x509_st& leaf,
                                                    const std::vector<X509Ptr>& others,
                                                    x509_st& anchor, const std::string& host,
                                                    WallTime now);

}  // namespace mooring::dnschain
