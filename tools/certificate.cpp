// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/certificate.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <memory>

#include "tools/text.hpp"
#include "tools/time_text.hpp"

namespace mooring::tools {

namespace {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using X509Ptr = std::unique_ptr<X509, Deleter<X509_free>>;
using PkeyPtr = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using BioPtr = std::unique_ptr<BIO, Deleter<BIO_free>>;

const unsigned char* data_of(dnschain::ByteView octets) {
  return reinterpret_cast<const unsigned char*>(octets.data());
}

/// The DER of an object, by the i2d function of its type.
template <class T>
dnschain::Bytes to_der(int (*encode)(T, unsigned char**), T object) {
  const int size = encode(object, nullptr);
  if (size <= 0) return {};
  dnschain::Bytes der(static_cast<std::size_t>(size));
  auto* at = reinterpret_cast<unsigned char*>(der.data());
  encode(object, &at);
  return der;
}

/// A certificate from all of the octets.
X509Ptr parse_x509(dnschain::ByteView der) {
  const unsigned char* at = data_of(der);
  X509Ptr certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  ERR_clear_error();
  if (at != data_of(der) + der.size()) return nullptr;
  return certificate;
}

std::string subject_of(const X509& certificate) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  // XN_FLAG_RFC2253 escapes control characters and what is not ASCII.
  X509_NAME_print_ex(out.get(), X509_get_subject_name(&certificate), 0, XN_FLAG_RFC2253);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  std::string subject(text, size > 0 ? static_cast<std::size_t>(size) : 0);
  return subject.empty() ? "a certificate without subject" : subject;
}

std::string not_after_of(const X509& certificate) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(&certificate), &parts) != 1) return {};
  return format_time(dnschain::WallTime{std::chrono::seconds{timegm(&parts)}});
}

KeyMaterial describe_x509(X509& certificate) {
  KeyMaterial key;
  key.certificate = to_der<const X509*>(i2d_X509, &certificate);
  key.public_key = to_der<const X509_PUBKEY*>(i2d_X509_PUBKEY, X509_get_X509_PUBKEY(&certificate));
  key.subject = subject_of(certificate);
  key.not_after = not_after_of(certificate);
  key.authority = X509_check_ca(&certificate) == 1;
  return key;
}

std::vector<KeyMaterial> read_pem(dnschain::ByteView file) {
  std::vector<KeyMaterial> keys;
  const BioPtr in(BIO_new_mem_buf(file.data(), static_cast<int>(file.size())));
  while (const X509Ptr certificate{PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)}) {
    keys.push_back(describe_x509(*certificate));
  }
  if (keys.empty()) {
    const BioPtr again(BIO_new_mem_buf(file.data(), static_cast<int>(file.size())));
    const PkeyPtr key(PEM_read_bio_PUBKEY(again.get(), nullptr, nullptr, nullptr));
    if (key) {
      auto read = read_public_key(to_der<const EVP_PKEY*>(i2d_PUBKEY, key.get()));
      if (read) keys.push_back(*std::move(read));
    }
  }
  ERR_clear_error();
  return keys;
}

}  // namespace

Outcome<KeyMaterial> read_certificate(dnschain::ByteView der) {
  const X509Ptr certificate = parse_x509(der);
  if (!certificate) return trouble("a certificate that cannot be read");
  return describe_x509(*certificate);
}

Outcome<KeyMaterial> read_public_key(dnschain::ByteView der) {
  const unsigned char* at = data_of(der);
  const PkeyPtr parsed(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
  ERR_clear_error();
  if (!parsed || at != data_of(der) + der.size()) {
    return trouble("a public key that cannot be read");
  }
  KeyMaterial key;
  key.public_key.assign(der.begin(), der.end());
  key.subject = "raw public key";
  return key;
}

Outcome<std::vector<KeyMaterial>> read_key_material(dnschain::ByteView file,
                                                    const std::string& origin) {
  std::vector<KeyMaterial> keys = read_pem(file);
  if (!keys.empty()) return keys;
  if (auto certificate = read_certificate(file)) return std::vector{*std::move(certificate)};
  if (auto key = read_public_key(file)) return std::vector{*std::move(key)};
  return trouble(origin + ": neither a certificate nor a public key, in PEM or DER");
}

std::optional<dnschain::TlsaRecord> make_tlsa(const KeyMaterial& key, std::uint8_t usage,
                                              std::uint8_t selector, std::uint8_t matching) {
  if (usage > 3 || selector > 1 || matching > 2) return std::nullopt;
  const dnschain::Bytes& subject = selector == 0 ? key.certificate : key.public_key;
  if (subject.empty()) return std::nullopt;
  dnschain::TlsaRecord record{usage, selector, matching, {}};
  if (matching == 0) {
    record.data = subject;
    return record;
  }
  record.data.resize(matching == 1 ? SHA256_DIGEST_LENGTH : SHA512_DIGEST_LENGTH);
  auto* digest = reinterpret_cast<unsigned char*>(record.data.data());
  if (matching == 1) {
    SHA256(data_of(subject), subject.size(), digest);
  } else {
    SHA512(data_of(subject), subject.size(), digest);
  }
  return record;
}

dnschain::PresentedIdentity as_presented(const std::vector<KeyMaterial>& keys) {
  dnschain::PresentedIdentity presented;
  for (const KeyMaterial& key : keys) {
    if (!key.certificate.empty()) presented.certificates.push_back(key.certificate);
  }
  if (presented.certificates.empty() && !keys.empty()) {
    presented.raw_public_key = keys.front().public_key;
  }
  return presented;
}

std::string describe(const KeyMaterial& key) {
  const auto digest = make_tlsa(key, 3, 1, 1);
  return key.subject + " (SPKI SHA-256 " + (digest ? to_hex(digest->data) : "?") + ")";
}

std::vector<KeyMaterial> read_presented(const dnschain::PresentedIdentity& presented) {
  std::vector<KeyMaterial> keys;
  for (const dnschain::Bytes& der : presented.certificates) {
    if (auto key = read_certificate(der)) keys.push_back(*std::move(key));
  }
  if (!presented.raw_public_key.empty()) {
    if (auto key = read_public_key(presented.raw_public_key)) keys.push_back(*std::move(key));
  }
  return keys;
}

Outcome<std::vector<dnschain::Bytes>> read_authorities(dnschain::ByteView file,
                                                       const std::string& origin) {
  std::vector<dnschain::Bytes> authorities;
  const BioPtr in(BIO_new_mem_buf(file.data(), static_cast<int>(file.size())));
  while (const X509Ptr authority{PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)}) {
    authorities.push_back(to_der<const X509*>(i2d_X509, authority.get()));
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_end) {
    return trouble(origin + ": certificate " + std::to_string(authorities.size() + 1) +
                   " cannot be read");
  }
  if (authorities.empty() && parse_x509(file)) authorities.emplace_back(file.begin(), file.end());
  if (authorities.empty()) return trouble(origin + ": holds no certificate, in PEM or DER");
  return authorities;
}

}  // namespace mooring::tools
