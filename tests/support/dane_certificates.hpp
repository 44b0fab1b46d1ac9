// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dnschain/base/bytes.hpp"

struct evp_pkey_st;

namespace mooring::test {

/// A key pair for test certificates: P-256, or RSA of so many bits.
class TestKey {
 public:
  TestKey();
  explicit TestKey(unsigned rsa_bits);
  [[nodiscard]] evp_pkey_st* get() const { return key_.get(); }
  /// DER SubjectPublicKeyInfo.
  [[nodiscard]] dnschain::Bytes spki() const;

 private:
  std::shared_ptr<evp_pkey_st> key_;
};

struct CertificateSpec {
  std::string subject;
  std::vector<std::string> dns_names;  ///< subjectAltName; none when empty
  dnschain::WallTime from{};
  dnschain::WallTime to{};
  bool authority = false;
  std::string issuer;  ///< the subject itself when empty
  bool sha1 = false;   ///< how it is signed; else with SHA-256
  /// More, as openssl.cnf writes them: {"extendedKeyUsage", "clientAuth"}.
  std::vector<std::pair<std::string, std::string>> extensions = {};
};

/// PEM text of one block.
[[nodiscard]] std::string to_pem(const std::string& label, const dnschain::Bytes& der);

/// A DER certificate for `key`, signed by `issuer_key`. Throws when libcrypto refuses.
[[nodiscard]] dnschain::Bytes make_certificate(const CertificateSpec& spec, const TestKey& key,
                                               const TestKey& issuer_key);

}  // namespace mooring::test
