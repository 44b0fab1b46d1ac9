// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/record_sealer.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/ssl.h>

#include <stdexcept>
#include <vector>

namespace mooring::test {
namespace {

constexpr std::size_t kKeySize = 16;
constexpr std::size_t kTagSize = 16;
constexpr std::uint8_t kApplicationData = 23;

std::string number(std::uint64_t value, int octets) {
  std::string text;
  for (int i = octets - 1; i >= 0; --i) text += static_cast<char>((value >> (8 * i)) & 0xff);
  return text;
}

unsigned char* octets(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}
const unsigned char* octets(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// HKDF-Expand-Label (RFC 8446, 7.1) for lengths of one block, without context.
std::string expand(const std::string& secret, const std::string& label, std::size_t size) {
  const std::string name = "tls13 " + label;
  const std::string info = number(size, 2) + number(name.size(), 1) + name + '\0' + '\1';
  std::string out(32, '\0');
  unsigned length = 32;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), octets(info), info.size(),
       octets(out), &length);
  return out.substr(0, size);
}

// The PRF of TLS 1.2 (RFC 5246, 5) with SHA-256.
std::string prf(const std::string& secret, const std::string& seed, std::size_t size) {
  std::string out;
  std::string a = seed;
  const auto hmac = [&](const std::string& text) {
    std::string mac(32, '\0');
    unsigned length = 32;
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), octets(text), text.size(),
         octets(mac), &length);
    return mac;
  };
  while (out.size() < size) {
    a = hmac(a);
    out += hmac(a + seed);
  }
  return out.substr(0, size);
}

}  // namespace

std::string plain_record(std::uint8_t type, const std::string& content, std::uint16_t version) {
  return number(type, 1) + number(version, 2) + number(content.size(), 2) + content;
}

RecordSealer RecordSealer::tls13(const std::string& secret) {
  RecordSealer sealer;
  sealer.secret_ = secret;
  sealer.key_ = expand(secret, "key", kKeySize);
  sealer.iv_ = expand(secret, "iv", 12);
  return sealer;
}

void RecordSealer::update() {  // RFC 8446, 7.2
  const std::uint16_t version = version_;
  *this = tls13(expand(secret_, "traffic upd", 32));
  version_ = version;
}

RecordSealer RecordSealer::tls12(SSL* ssl) {
  std::string master(48, '\0');
  std::string client(32, '\0');
  std::string server(32, '\0');
  SSL_SESSION_get_master_key(SSL_get_session(ssl), octets(master), master.size());
  SSL_get_client_random(ssl, octets(client), client.size());
  SSL_get_server_random(ssl, octets(server), server.size());
  const std::string block = prf(master, "key expansion" + server + client, 2 * kKeySize + 8);
  RecordSealer sealer;
  sealer.tls13_ = false;
  sealer.key_ = block.substr(0, kKeySize);
  sealer.iv_ = block.substr(2 * kKeySize, 4);
  sealer.sequence_ = 1;
  return sealer;
}

std::string RecordSealer::seal(std::uint8_t type, std::string content) {
  const std::string sequence = number(sequence_++, 8);
  if (!tls13_) {  // RFC 5288, 3
    const std::string header = number(type, 1) + number(version_, 2);
    const std::string aad = sequence + header + number(content.size(), 2);
    const std::string sealed = sequence + encrypt(iv_ + sequence, aad, content);
    return header + number(sealed.size(), 2) + sealed;
  }
  content += static_cast<char>(type);  // RFC 8446, 5.2 and 5.3
  const std::string header =
      number(kApplicationData, 1) + number(version_, 2) + number(content.size() + kTagSize, 2);
  std::string nonce = iv_;
  for (std::size_t i = 0; i < 8; ++i) nonce[4 + i] = static_cast<char>(nonce[4 + i] ^ sequence[i]);
  return header + encrypt(nonce, header, content);
}

std::string RecordSealer::encrypt(const std::string& nonce, const std::string& aad,
                                  const std::string& text) {
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  std::string out(text.size() + kTagSize, '\0');
  int size = 0;
  const bool good =
      EVP_EncryptInit_ex(context, EVP_aes_128_gcm(), nullptr, octets(key_), octets(nonce)) == 1 &&
      EVP_EncryptUpdate(context, nullptr, &size, octets(aad), static_cast<int>(aad.size())) == 1 &&
      EVP_EncryptUpdate(context, octets(out), &size, octets(text), static_cast<int>(text.size())) ==
          1 &&
      EVP_EncryptFinal_ex(context, octets(out) + size, &size) == 1 &&
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, static_cast<int>(kTagSize),
                          out.data() + text.size()) == 1;
  EVP_CIPHER_CTX_free(context);
  if (!good) throw std::runtime_error("AES-GCM");
  return out;
}

}  // namespace mooring::test
