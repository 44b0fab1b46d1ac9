// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/proof/algorithm.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <catch2/catch.hpp>
#include <memory>

namespace {

using namespace mooring::dnschain;

template <auto free>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    free(object);
  }
};
using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;

Bytes octets_of(const BIGNUM* number) {
  Bytes out(static_cast<std::size_t>(BN_num_bytes(number)));
  BN_bn2bin(number, reinterpret_cast<unsigned char*>(out.data()));
  return out;
}

Number parameter(const Key& key, const char* name) {
  BIGNUM* number = nullptr;
  REQUIRE(EVP_PKEY_get_bn_param(key.get(), name, &number) == 1);
  return Number(number);
}

Key make_key(const char* exponent) {
  BIGNUM* number = nullptr;
  REQUIRE(BN_hex2bn(&number, exponent) > 0);
  const Number owned(number);
  const std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>> context(
      EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, nullptr));
  EVP_PKEY* key = nullptr;
  REQUIRE(EVP_PKEY_keygen_init(context.get()) == 1);
  REQUIRE(EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), 2048) == 1);
  REQUIRE(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context.get(), number) == 1);
  REQUIRE(EVP_PKEY_keygen(context.get(), &key) == 1);
  return Key(key);
}

/// As in DNSKEY (RFC 3110, 2).
Bytes dnskey_form(const Key& key) {
  const Bytes exponent = octets_of(parameter(key, OSSL_PKEY_PARAM_RSA_E).get());
  const Bytes modulus = octets_of(parameter(key, OSSL_PKEY_PARAM_RSA_N).get());
  Bytes out{static_cast<std::byte>(exponent.size())};
  out.insert(out.end(), exponent.begin(), exponent.end());
  out.insert(out.end(), modulus.begin(), modulus.end());
  return out;
}

Bytes sign(const Key& key, ByteView data) {
  const std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
  Bytes out(256);
  std::size_t size = out.size();
  REQUIRE(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1);
  REQUIRE(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                         reinterpret_cast<const unsigned char*>(data.data()), data.size()) == 1);
  out.resize(size);
  return out;
}

TEST_CASE("RSA signatures are checked with exponents of up to 64 bits", "[dnschain]") {
  const Bytes data(100, std::byte{7});
  const auto [exponent, supported, cost] = GENERATE(table<const char*, bool, std::size_t>({
      {"010001", true, 1},
      {"0100000001", true, 1},
      {"010000000001", true, 6},
      {"FFFFFFFFFFFFFFC5", true, 6},
      {"010000000000000001", false, 6},
  }));
  INFO(exponent);
  const Key key = make_key(exponent);
  const Bytes form = dnskey_form(key), signature = sign(key, data);
  CHECK(check_signature(8, form, signature, data) == supported);
  CHECK(check_cost(8, form) == cost);
  CHECK(key_fault(8, form).has_value() == !supported);
  if (!supported) CHECK(key_fault(8, form)->find("exponent has 9 octets") != std::string::npos);
  Bytes other = signature;
  other[100] ^= std::byte{1};
  CHECK_FALSE(check_signature(8, form, other, data));
}

TEST_CASE("a key that cannot be one is told in words", "[dnschain]") {
  CHECK(key_fault(8, {}) == "it is not well-formed");
  CHECK(key_fault(8, Bytes(40, std::byte{3}))->find("modulus has 36 octets") != std::string::npos);
  CHECK(key_fault(13, Bytes(63)).has_value());
  CHECK_FALSE(key_fault(13, Bytes(64)).has_value());
  CHECK_FALSE(key_fault(16, Bytes(57)).has_value());
  CHECK(key_fault(5, Bytes(64)).has_value());
}

}  // namespace
