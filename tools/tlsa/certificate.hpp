// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dnschain/base/bytes.hpp"
#include "dnschain/dane/dane.hpp"
#include "dnschain/proof/verifier.hpp"
#include "tools/base/outcome.hpp"

namespace mooring::tools {

/// A certificate or a bare public key, as far as a person wants to see it.
struct KeyMaterial {
  dnschain::Bytes certificate;  ///< DER; empty for a bare public key
  dnschain::Bytes public_key;   ///< DER SubjectPublicKeyInfo
  std::string subject;          ///< RFC 2253 form, escaped; "raw public key" without a certificate
  std::string not_after;        ///< RFC 3339; empty for a bare public key
  bool authority = false;       ///< CA:TRUE
};

/// What a DER certificate holds.
[[nodiscard]] Outcome<KeyMaterial> read_certificate(dnschain::ByteView der);

/// What a DER SubjectPublicKeyInfo holds.
[[nodiscard]] Outcome<KeyMaterial> read_public_key(dnschain::ByteView der);

/// A file's certificates in PEM, the leaf first, or one in DER, or one public key in PEM or DER.
/// `origin` names the file in errors. Never empty.
[[nodiscard]] Outcome<std::vector<KeyMaterial>> read_key_material(dnschain::ByteView file,
                                                                  const std::string& origin);

/// The TLSA record of these parameters (RFC 6698, 2.1); nothing when they cannot be had, such as
/// selector 0 of a bare public key.
[[nodiscard]] std::optional<dnschain::TlsaRecord> make_tlsa(const KeyMaterial& key,
                                                            std::uint8_t usage,
                                                            std::uint8_t selector,
                                                            std::uint8_t matching);

/// The same as what a server would present.
[[nodiscard]] dnschain::PresentedIdentity as_presented(const std::vector<KeyMaterial>& keys);

/// "CN=dot.example.net (SPKI SHA-256 8bd1...)", for a person.
[[nodiscard]] std::string describe(const KeyMaterial& key);

/// What the server presented, the leaf first; what cannot be read is left out.
[[nodiscard]] std::vector<KeyMaterial> read_presented(const dnschain::PresentedIdentity& presented);

/// The certificates of authorities in a file, DER: any number in PEM, or one in DER. `origin` names
/// the file in errors. Never empty.
[[nodiscard]] Outcome<std::vector<dnschain::Bytes>> read_authorities(dnschain::ByteView file,
                                                                     const std::string& origin);

}  // namespace mooring::tools
