// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mooring::test {

enum class KeyType { p256, p384, rsa2048, rsa3072, ed25519 };

/// How a certificate made for a test differs from the plain one.
struct CertificateOptions {
  KeyType key = KeyType::p256;
  bool expired = false;  ///< valid in 2020 only; else from 2020 to 2120
  bool authority = false;
  std::string padding;  ///< put into a comment extension, to make the certificate large
};

/// A certificate with its key, PEM and DER. Made anew by OpenSSL, so keys differ from run to run.
struct Certificate {
  std::string certificate_pem;
  std::string private_key_pem;
  std::string der;   ///< the certificate
  std::string spki;  ///< its SubjectPublicKeyInfo
};

/// Self-signed, with `name` as its dNSName.
[[nodiscard]] Certificate make_certificate(const std::string& name,
                                           CertificateOptions options = {});

/// Issued by `issuer`, which must be an authority.
[[nodiscard]] Certificate make_certificate(const std::string& name, CertificateOptions options,
                                           const Certificate& issuer);

}  // namespace mooring::test
