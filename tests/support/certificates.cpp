// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>

namespace mooring::test {
namespace {

template <auto Free>
struct FreeWith {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, FreeWith<X509_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, FreeWith<X509_EXTENSION_free>>;
using BioPtr = std::unique_ptr<BIO, FreeWith<BIO_free>>;

void check(bool good, const char* what) {
  if (!good) throw std::runtime_error(std::string("cannot make a test certificate: ") + what);
}

Key make_key(KeyType type) {
  switch (type) {
    case KeyType::p256:
      return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
    case KeyType::p384:
      return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-384"));
    case KeyType::rsa2048:
      return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048}));
    case KeyType::rsa3072:
      return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{3072}));
    case KeyType::ed25519:
      return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  }
  throw std::logic_error("no such key type");
}

std::string contents(const BioPtr& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

void add_extension(X509* certificate, int nid, const std::string& value) {
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str()));
  check(extension && X509_add_ext(certificate, extension.get(), -1) == 1, "extension");
}

void set_name(X509_NAME* name, const std::string& common_name) {
  const auto* text = reinterpret_cast<const unsigned char*>(common_name.c_str());
  check(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0) == 1, "name");
}

X509Ptr prepare(const std::string& name, const CertificateOptions& options, EVP_PKEY* key) {
  static long serial = 1;
  X509Ptr certificate(X509_new());
  X509* x509 = certificate.get();
  check(X509_set_version(x509, 2) == 1, "version");
  check(ASN1_INTEGER_set(X509_get_serialNumber(x509), ++serial) == 1, "serial");
  check(ASN1_TIME_set_string(X509_getm_notBefore(x509), "20200101000000Z") == 1, "dates");
  const char* end = options.expired ? "20201231000000Z" : "21200101000000Z";
  check(ASN1_TIME_set_string(X509_getm_notAfter(x509), end) == 1, "dates");
  check(X509_set_pubkey(x509, key) == 1, "key");
  set_name(X509_get_subject_name(x509), name);
  add_extension(x509, NID_basic_constraints,
                options.authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (!options.authority) add_extension(x509, NID_subject_alt_name, "DNS:" + name);
  if (!options.padding.empty()) add_extension(x509, NID_netscape_comment, options.padding);
  return certificate;
}

Certificate sign(X509* certificate, EVP_PKEY* key, EVP_PKEY* issuer_key) {
  const bool hashes_itself = EVP_PKEY_get_base_id(issuer_key) == EVP_PKEY_ED25519;
  check(X509_sign(certificate, issuer_key, hashes_itself ? nullptr : EVP_sha256()) > 0,
        "signature");
  const BioPtr pem(BIO_new(BIO_s_mem()));
  const BioPtr key_pem(BIO_new(BIO_s_mem()));
  const BioPtr der(BIO_new(BIO_s_mem()));
  const BioPtr spki(BIO_new(BIO_s_mem()));
  check(PEM_write_bio_X509(pem.get(), certificate) == 1, "PEM");
  check(PEM_write_bio_PrivateKey(key_pem.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
        "key PEM");
  check(i2d_X509_bio(der.get(), certificate) == 1, "DER");
  check(i2d_PUBKEY_bio(spki.get(), key) == 1, "SPKI");
  return {contents(pem), contents(key_pem), contents(der), contents(spki)};
}

}  // namespace

Certificate make_certificate(const std::string& name, CertificateOptions options) {
  const Key key = make_key(options.key);
  const X509Ptr certificate = prepare(name, options, key.get());
  set_name(X509_get_issuer_name(certificate.get()), name);
  return sign(certificate.get(), key.get(), key.get());
}

Certificate make_certificate(const std::string& name, CertificateOptions options,
                             const Certificate& issuer) {
  const BioPtr pem(BIO_new_mem_buf(issuer.certificate_pem.data(), -1));
  const BioPtr key_pem(BIO_new_mem_buf(issuer.private_key_pem.data(), -1));
  const X509Ptr issuer_certificate(PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr));
  const Key issuer_key(PEM_read_bio_PrivateKey(key_pem.get(), nullptr, nullptr, nullptr));
  check(issuer_certificate && issuer_key, "issuer");
  const Key key = make_key(options.key);
  const X509Ptr certificate = prepare(name, options, key.get());
  X509_NAME* subject = X509_get_subject_name(issuer_certificate.get());
  check(X509_set_issuer_name(certificate.get(), subject) == 1, "issuer's name");
  return sign(certificate.get(), key.get(), issuer_key.get());
}

}  // namespace mooring::test
