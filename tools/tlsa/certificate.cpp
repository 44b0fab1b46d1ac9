// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/tlsa/certificate.hpp"

#include <openssl/bio.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>
#include <memory>

#include "dnschain/base/hex.hpp"
#include "dnschain/base/time_text.hpp"
#include "dnschain/dane/certificate_files.hpp"
#include "dnschain/dane/pem.hpp"
#include "dnschain/dane/x509_path.hpp"

namespace mooring::tools {

namespace {

struct BioDeleter {
  void operator()(BIO* bio) const noexcept { BIO_free(bio); }
};
using BioPtr = std::unique_ptr<BIO, BioDeleter>;

const unsigned char* data_of(dnschain::ByteView octets) {
  return reinterpret_cast<const unsigned char*>(octets.data());
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
  return dnschain::to_text(dnschain::WallTime{std::chrono::seconds{timegm(&parts)}});
}

/// The certificates of PEM text, DER. All of them can be read, or it is an error.
Outcome<std::vector<dnschain::Bytes>> certificates_in(const dnschain::PemText& pem,
                                                      const std::string& origin) {
  std::vector<dnschain::Bytes> certificates;
  bool good = true;
  for (const dnschain::PemBlock& block : pem.blocks) {
    if (block.label != "CERTIFICATE") continue;
    good = dnschain::parse_certificate(block.der) != nullptr;
    if (!good) break;
    certificates.push_back(block.der);
  }
  if (good && !pem.damaged) return certificates;
  return trouble(origin + ": certificate " + std::to_string(certificates.size() + 1) +
                 " cannot be read");
}

/// An authority before what it issued: its key is not the server's.
Outcome<void> check_order(const std::vector<KeyMaterial>& keys, const std::string& origin) {
  const auto own = std::ranges::find(keys, false, &KeyMaterial::authority);
  if (own == keys.begin() || own == keys.end()) return {};
  return trouble(origin + " does not begin with the server's own certificate: certificate " +
                 std::to_string(own - keys.begin() + 1) + " seems to be it");
}

}  // namespace

Outcome<KeyMaterial> read_certificate(dnschain::ByteView der) {
  const dnschain::X509Ptr certificate = dnschain::parse_certificate(der);
  if (!certificate) return trouble("a certificate that cannot be read");
  KeyMaterial key;
  key.certificate.assign(der.begin(), der.end());
  key.public_key = dnschain::public_key_of(*certificate);
  key.subject = subject_of(*certificate);
  key.not_after = not_after_of(*certificate);
  key.authority = X509_check_ca(certificate.get()) == 1;
  return key;
}

Outcome<KeyMaterial> read_public_key(dnschain::ByteView der) {
  if (!dnschain::parse_public_key(der)) return trouble("a public key that cannot be read");
  KeyMaterial key;
  key.public_key.assign(der.begin(), der.end());
  key.subject = "raw public key";
  return key;
}

Outcome<std::vector<KeyMaterial>> read_key_material(dnschain::ByteView file,
                                                    const std::string& origin) {
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  const dnschain::PemText pem = dnschain::parse_pem(text);
  const auto certificates = certificates_in(pem, origin);
  if (!certificates) return tl::make_unexpected(certificates.error());
  std::vector<KeyMaterial> keys;
  for (const dnschain::Bytes& der : *certificates) {
    if (auto key = read_certificate(der)) keys.push_back(*std::move(key));
  }
  if (auto ordered = check_order(keys, origin); !ordered) {
    return tl::make_unexpected(ordered.error());
  }
  if (!keys.empty()) return keys;
  const auto bare = std::ranges::find(pem.blocks, "PUBLIC KEY", &dnschain::PemBlock::label);
  if (auto certificate = read_certificate(file)) return std::vector{*std::move(certificate)};
  if (auto key = read_public_key(bare == pem.blocks.end() ? file : bare->der)) {
    return std::vector{*std::move(key)};
  }
  return trouble(origin + ": neither a certificate nor a public key: it " +
                 dnschain::what_it_holds(text));
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
  return key.subject + " (SPKI SHA-256 " + (digest ? dnschain::to_hex(digest->data) : "?") + ")";
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
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  auto authorities = certificates_in(dnschain::parse_pem(text), origin);
  if (!authorities) return authorities;
  if (authorities->empty() && dnschain::parse_certificate(file))
    authorities->emplace_back(file.begin(), file.end());
  if (authorities->empty()) {
    return trouble(origin + ": no certificate, in PEM or DER: it " + dnschain::what_it_holds(text));
  }
  return authorities;
}

}  // namespace mooring::tools
