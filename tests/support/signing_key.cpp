// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/signing_key.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <map>
#include <stdexcept>

#include "dnschain/dns/wire.hpp"

namespace mooring::test {
namespace {

using dnschain::Bytes;
using dnschain::ByteView;
using dnschain::Record;

// Small, for speed: nobody trusts these keys.
constexpr unsigned kRsaBits = 1024;

struct DigestContextDeleter {
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};
struct BignumDeleter {
  void operator()(BIGNUM* number) const noexcept { BN_free(number); }
};
struct EcdsaSignatureDeleter {
  void operator()(ECDSA_SIG* signature) const noexcept { ECDSA_SIG_free(signature); }
};

void must(bool done) {
  if (!done) throw std::runtime_error("libcrypto refused to make or use a test key");
}

unsigned char* octets(Bytes& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

EVP_PKEY* generate(std::uint8_t algorithm) {
  switch (algorithm) {
    case 8:
    case 10:
      return EVP_RSA_gen(kRsaBits);
    case 13:
      return EVP_EC_gen("P-256");
    case 14:
      return EVP_EC_gen("P-384");
    case 15:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
    case 16:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED448");
    default:
      throw std::runtime_error("no such signing algorithm");
  }
}

Bytes number_param(EVP_PKEY* key, const char* name) {
  BIGNUM* raw = nullptr;
  must(EVP_PKEY_get_bn_param(key, name, &raw) == 1);
  const std::unique_ptr<BIGNUM, BignumDeleter> number(raw);
  Bytes out(static_cast<std::size_t>(BN_num_bytes(raw)));
  BN_bn2bin(raw, octets(out));
  return out;
}

Bytes rsa_public(EVP_PKEY* key) {  // RFC 3110, 2
  const Bytes exponent = number_param(key, OSSL_PKEY_PARAM_RSA_E);
  const Bytes modulus = number_param(key, OSSL_PKEY_PARAM_RSA_N);
  Bytes out{static_cast<std::byte>(exponent.size())};
  out.insert(out.end(), exponent.begin(), exponent.end());
  out.insert(out.end(), modulus.begin(), modulus.end());
  return out;
}

Bytes public_key_of(EVP_PKEY* key, std::uint8_t algorithm) {
  if (algorithm <= 10) return rsa_public(key);
  Bytes out(256);
  std::size_t size = out.size();
  if (algorithm >= 15) {
    must(EVP_PKEY_get_raw_public_key(key, octets(out), &size) == 1);
    out.resize(size);
    return out;
  }
  must(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, octets(out), out.size(),
                                       &size) == 1);
  out.resize(size);
  out.erase(out.begin());  // 04, the mark of an uncompressed point (RFC 6605, 4)
  return out;
}

/// r and s side by side (RFC 6605, 4).
Bytes flat_ecdsa(const Bytes& der, int half) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const std::unique_ptr<ECDSA_SIG, EcdsaSignatureDeleter> signature(
      d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  must(signature != nullptr);
  Bytes out(static_cast<std::size_t>(half) * 2);
  BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), octets(out), half);
  BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), octets(out) + half, half);
  return out;
}

const EVP_MD* digest_of(std::uint8_t algorithm) {
  if (algorithm >= 15) return nullptr;
  if (algorithm == 10) return EVP_sha512();
  return algorithm == 14 ? EVP_sha384() : EVP_sha256();
}

std::uint32_t serial(dnschain::WallTime time) {
  return static_cast<std::uint32_t>(time.time_since_epoch().count());
}

}  // namespace

SigningKey::SigningKey(std::uint8_t algorithm)
    : algorithm_(algorithm), key_(generate(algorithm), EVP_PKEY_free) {
  must(key_ != nullptr);
  public_key_ = public_key_of(key_.get(), algorithm);
}

const SigningKey& SigningKey::of(std::uint8_t algorithm, std::string_view label) {
  static std::map<std::pair<std::uint8_t, std::string>, SigningKey> keys;
  const auto at = keys.find({algorithm, std::string(label)});
  if (at != keys.end()) return at->second;
  return keys.emplace(std::pair(algorithm, std::string(label)), SigningKey(algorithm))
      .first->second;
}

Bytes SigningKey::sign(ByteView data) const {
  const std::unique_ptr<EVP_MD_CTX, DigestContextDeleter> context(EVP_MD_CTX_new());
  must(EVP_DigestSignInit(context.get(), nullptr, digest_of(algorithm_), nullptr, key_.get()) == 1);
  const auto* in = reinterpret_cast<const unsigned char*>(data.data());
  std::size_t size = 0;
  must(EVP_DigestSign(context.get(), nullptr, &size, in, data.size()) == 1);
  Bytes out(size);
  must(EVP_DigestSign(context.get(), octets(out), &size, in, data.size()) == 1);
  out.resize(size);
  if (algorithm_ == 13) return flat_ecdsa(out, 32);
  return algorithm_ == 14 ? flat_ecdsa(out, 48) : out;
}

Bytes SigningKey::dnskey_rdata(std::uint16_t flags, std::uint8_t protocol) const {
  Bytes out;
  dnschain::WireWriter writer(out);
  writer.u16(flags);
  writer.u8(protocol);
  writer.u8(algorithm_);
  writer.append(public_key_);
  return out;
}

Record make_rrsig(const std::vector<Record>& rrset, const SignatureSpec& spec) {
  const Record& first = rrset.front();
  dnschain::Name owner = first.owner.lower();
  const std::size_t own = owner.labels() - (owner.is_wildcard() ? 1 : 0);
  const std::size_t labels = spec.labels.value_or(static_cast<std::uint8_t>(own));
  if (labels < own) owner = *owner.without_first(owner.labels() - labels).with_label("*");
  const std::uint32_t ttl = spec.original_ttl.value_or(first.ttl);
  Bytes rdata;
  dnschain::WireWriter writer(rdata);
  writer.u16(static_cast<std::uint16_t>(first.type));
  writer.u8(spec.algorithm.value_or(spec.key->algorithm()));
  writer.u8(static_cast<std::uint8_t>(labels));
  writer.u32(ttl);
  writer.u32(serial(spec.expiration));
  writer.u32(serial(spec.inception));
  writer.u16(spec.key_tag);
  writer.append(spec.signer.lower().wire());

  std::vector<Bytes> sorted;
  for (const Record& record : rrset) sorted.push_back(record.rdata);
  std::ranges::sort(sorted, [](const Bytes& a, const Bytes& b) {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
  });
  Bytes data = rdata;
  dnschain::WireWriter more(data);
  for (const Bytes& each : sorted) {
    more.append(owner.wire());
    more.u16(static_cast<std::uint16_t>(first.type));
    more.u16(1);
    more.u32(ttl);
    more.u16(static_cast<std::uint16_t>(each.size()));
    more.append(each);
  }
  writer.append(spec.key->sign(data));
  return Record{first.owner, dnschain::RrType::rrsig, 1, first.ttl, std::move(rdata)};
}

}  // namespace mooring::test
