// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

typedef struct ssl_st SSL;  // OpenSSL's

namespace mooring::test {

/// A record as it is without encryption.
[[nodiscard]] std::string plain_record(std::uint8_t type, const std::string& content,
                                       std::uint16_t version = 0x0303);

/// Encrypts a peer's records by hand with AES-128-GCM, so that they can be wrong where a TLS
/// library would not let them.
class RecordSealer {
 public:
  /// TLS 1.3: the peer's traffic secret, of a suite with SHA-256.
  [[nodiscard]] static RecordSealer tls13(const std::string& secret);
  /// TLS 1.2: a client whose handshake is over; its Finished was record 0.
  [[nodiscard]] static RecordSealer tls12(SSL* ssl);

  [[nodiscard]] std::string seal(std::uint8_t type, std::string content);
  /// TLS 1.3: the keys that follow a KeyUpdate.
  void update();
  /// What the records have as their version, in place of TLS 1.2.
  void set_version(std::uint16_t version) { version_ = version; }

 private:
  std::string encrypt(const std::string& nonce, const std::string& aad, const std::string& text);

  bool tls13_ = true;
  std::uint16_t version_ = 0x0303;
  std::string secret_;
  std::string key_;
  std::string iv_;
  std::uint64_t sequence_ = 0;
};

}  // namespace mooring::test
