// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/proof/algorithm.hpp"

#include <ldns/ldns.h>

#include "dnschain/dns/ldns_ptr.hpp"
#include "dnschain/dns/wire.hpp"

namespace mooring::dnschain {
namespace {

constexpr std::uint8_t kRsaSha256 = 8;  // RFC 5702
constexpr std::uint8_t kRsaSha512 = 10;
constexpr std::uint8_t kEcdsaP256 = 13;  // RFC 6605
constexpr std::uint8_t kEcdsaP384 = 14;
constexpr std::uint8_t kEd25519 = 15;  // RFC 8080
constexpr std::uint8_t kEd448 = 16;

constexpr std::size_t kNsec3Label = 32;  // 20 octets in base32

// RFC 5702, 2: at most 4096 bits.
constexpr std::size_t kMaxModulus = 512;
constexpr std::size_t kMinModulus = 64;
// As a rule 2^16 + 1, and nobody has one above 2^32 + 1. A long one costs, and beyond 64 bits
// libcrypto takes none with a long modulus.
constexpr std::size_t kMaxExponent = 8;
constexpr std::size_t kUsualExponent = 5;

const std::uint8_t* octets(ByteView view) {
  return reinterpret_cast<const std::uint8_t*>(view.data());
}

struct RsaKey {
  ByteView exponent;
  std::size_t modulus = 0;
};

/// RFC 3110, 2: the exponent's length in one or three octets, the exponent, the modulus.
std::optional<RsaKey> read_rsa_key(ByteView key) {
  WireReader reader(key);
  const auto short_length = reader.u8();
  if (!short_length) return std::nullopt;
  std::size_t length = *short_length;
  if (length == 0) {
    const auto long_length = reader.u16();
    if (!long_length) return std::nullopt;
    length = *long_length;
  }
  const auto exponent = reader.take(length);
  if (length == 0 || !exponent) return std::nullopt;
  return RsaKey{*exponent, reader.remaining()};
}

bool is_rsa(std::uint8_t algorithm) {
  return algorithm == kRsaSha256 || algorithm == kRsaSha512;
}

std::optional<std::string> rsa_fault(ByteView key) {
  const auto parts = read_rsa_key(key);
  if (!parts) return "it is not well-formed";
  if (parts->exponent.size() > kMaxExponent)
    return "its RSA exponent has " + std::to_string(parts->exponent.size()) +
           " octets, and more than " + std::to_string(kMaxExponent) + " are not supported";
  if (parts->modulus < kMinModulus || parts->modulus > kMaxModulus)
    return "its RSA modulus has " + std::to_string(parts->modulus) + " octets, not " +
           std::to_string(kMinModulus) + " to " + std::to_string(kMaxModulus);
  return std::nullopt;
}

/// The size that the RFC of an algorithm other than RSA gives a key.
std::size_t key_size(std::uint8_t algorithm) {
  switch (algorithm) {
    case kEcdsaP256:
      return 64;
    case kEcdsaP384:
      return 96;
    case kEd25519:
      return 32;
    default:
      return 57;
  }
}

bool has_right_size(std::uint8_t algorithm, ByteView signature) {
  switch (algorithm) {
    case kRsaSha256:
    case kRsaSha512:
      return signature.size() <= kMaxModulus;
    case kEcdsaP256:
    case kEcdsaP384:
      return signature.size() == key_size(algorithm);
    default:
      return signature.size() == 2 * key_size(algorithm);
  }
}

/// An integer of ASN.1 (DER): no needless zeros in front, but one where the sign bit would be set.
void write_der_integer(ByteView number, Bytes& out) {
  while (number.size() > 1 && number[0] == std::byte{0}) number = number.subspan(1);
  const bool pad = (number[0] & std::byte{0x80}) != std::byte{0};
  WireWriter writer(out);
  writer.u8(0x02);
  writer.u8(static_cast<std::uint8_t>(number.size() + (pad ? 1 : 0)));
  if (pad) writer.u8(0);
  writer.append(number);
}

/// DNSSEC has r and s side by side (RFC 6605, 4); libcrypto wants them as a DER sequence, of less
/// than 128 octets on both curves.
Bytes der_signature(ByteView signature) {
  Bytes integers;
  const std::size_t half = signature.size() / 2;
  write_der_integer(signature.first(half), integers);
  write_der_integer(signature.subspan(half), integers);
  Bytes der{std::byte{0x30}, static_cast<std::byte>(integers.size())};
  der.insert(der.end(), integers.begin(), integers.end());
  return der;
}

}  // namespace

bool is_supported_algorithm(std::uint8_t algorithm) {
  return algorithm == kRsaSha256 || algorithm == kRsaSha512 ||
         (algorithm >= kEcdsaP256 && algorithm <= kEd448);
}

std::optional<std::string> key_fault(std::uint8_t algorithm, ByteView key) {
  if (!is_supported_algorithm(algorithm)) return "its algorithm is not supported";
  if (is_rsa(algorithm)) return rsa_fault(key);
  if (key.size() != key_size(algorithm)) return "it has not the size of its algorithm";
  return std::nullopt;
}

std::size_t check_cost(std::uint8_t algorithm, ByteView key) {
  if (is_rsa(algorithm)) {
    const auto parts = read_rsa_key(key);
    return parts && parts->exponent.size() > kUsualExponent ? 6 : 1;
  }
  // libcrypto has no assembly of its own for these two curves.
  if (algorithm == kEcdsaP384) return 4;
  return algorithm == kEd448 ? 3 : 1;
}

bool is_supported_digest(std::uint8_t digest_type) {
  return digest_type == LDNS_SHA256 || digest_type == LDNS_SHA384;
}

std::optional<Bytes> ds_digest(std::uint8_t digest_type, ByteView data) {
  const auto size = static_cast<unsigned>(data.size());
  if (digest_type == LDNS_SHA256) {
    Bytes digest(LDNS_SHA256_DIGEST_LENGTH);
    ldns_sha256(octets(data), size, reinterpret_cast<std::uint8_t*>(digest.data()));
    return digest;
  }
  if (digest_type == LDNS_SHA384) {
    Bytes digest(LDNS_SHA384_DIGEST_LENGTH);
    ldns_sha384(octets(data), size, reinterpret_cast<std::uint8_t*>(digest.data()));
    return digest;
  }
  return std::nullopt;
}

bool check_signature(std::uint8_t algorithm, ByteView key, ByteView signature, ByteView data) {
  if (key_fault(algorithm, key) || !has_right_size(algorithm, signature)) return false;
  Bytes form(signature.begin(), signature.end());
  if (algorithm == kEcdsaP256 || algorithm == kEcdsaP384) form = der_signature(signature);
  const LdnsBuffer buffer(ldns_buffer_new(data.size()));
  if (!buffer) return false;
  ldns_buffer_write(buffer.get(), data.data(), data.size());
  // ldns takes both without const but only reads them.
  Bytes key_octets(key.begin(), key.end());
  return ldns_verify_rrsig_buffers_raw(reinterpret_cast<unsigned char*>(form.data()), form.size(),
                                       buffer.get(),
                                       reinterpret_cast<unsigned char*>(key_octets.data()),
                                       key_octets.size(), algorithm) == LDNS_STATUS_OK;
}

Sha1Digest nsec3_hash(ByteView name, ByteView salt, std::uint16_t iterations) {
  Sha1Digest digest{};
  Bytes input(name.begin(), name.end());
  for (unsigned round = 0; round <= iterations; ++round) {
    if (round > 0) input.assign(digest.begin(), digest.end());
    input.insert(input.end(), salt.begin(), salt.end());
    ldns_sha1(octets(input), static_cast<unsigned>(input.size()),
              reinterpret_cast<std::uint8_t*>(digest.data()));
  }
  return digest;
}

std::optional<Sha1Digest> nsec3_hash_in(const Name& owner) {
  WireReader reader(owner.wire());
  const auto length = reader.u8();
  if (!length || *length != kNsec3Label) return std::nullopt;
  Sha1Digest digest{};
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < kNsec3Label; ++i) {
    const auto c = *reader.u8();
    std::uint64_t value = 0;
    if (c >= '0' && c <= '9')
      value = c - std::uint64_t{'0'};
    else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'v')
      value = (c | 0x20) - std::uint64_t{'a'} + 10;
    else
      return std::nullopt;
    bits = bits << 5 | value;
    // Eight digits are five octets.
    if (i % 8 != 7) continue;
    for (std::size_t k = 0; k < 5; ++k)
      digest[i / 8 * 5 + k] = static_cast<std::byte>(bits >> (8 * (4 - k)) & 0xff);
    bits = 0;
  }
  return digest;
}

}  // namespace mooring::dnschain
