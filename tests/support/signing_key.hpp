// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dnschain/dns/record.hpp"

struct evp_pkey_st;

namespace mooring::test {

/// A DNSSEC key pair of algorithm 8, 10, 13, 14, 15 or 16.
class SigningKey {
 public:
  /// The key with this label: the same for as long as the process lives, since RSA keys are slow to
  /// make.
  static const SigningKey& of(std::uint8_t algorithm, std::string_view label);

  [[nodiscard]] std::uint8_t algorithm() const { return algorithm_; }
  /// In the form it has in DNSKEY.
  [[nodiscard]] const dnschain::Bytes& public_key() const { return public_key_; }
  /// In the form it has in RRSIG.
  [[nodiscard]] dnschain::Bytes sign(dnschain::ByteView data) const;
  [[nodiscard]] dnschain::Bytes dnskey_rdata(std::uint16_t flags, std::uint8_t protocol = 3) const;

 private:
  explicit SigningKey(std::uint8_t algorithm);

  std::uint8_t algorithm_;
  std::shared_ptr<evp_pkey_st> key_;
  dnschain::Bytes public_key_;
};

/// How to sign one RRset. What is not set follows from the RRset and the key.
struct SignatureSpec {
  const SigningKey* key = nullptr;
  dnschain::Name signer;
  std::uint16_t key_tag = 0;
  dnschain::WallTime inception{};
  dnschain::WallTime expiration{};
  std::optional<std::uint8_t> labels = std::nullopt;
  std::optional<std::uint32_t> original_ttl = std::nullopt;
  std::optional<std::uint8_t> algorithm = std::nullopt;
};

/// The RRSIG of an RRset (RFC 4034, 3.1.8.1), made without any code of the verifier. With fewer
/// labels than the owner has it signs the wildcard above.
[[nodiscard]] dnschain::Record make_rrsig(const std::vector<dnschain::Record>& rrset,
                                          const SignatureSpec& spec);

}  // namespace mooring::test
