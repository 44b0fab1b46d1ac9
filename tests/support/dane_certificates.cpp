// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/dane_certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace mooring::test {
namespace {

struct X509Deleter {
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
};
struct ExtensionDeleter {
  void operator()(X509_EXTENSION* extension) const noexcept { X509_EXTENSION_free(extension); }
};

void must(bool done) {
  if (!done) throw std::runtime_error("libcrypto refused to make a test certificate");
}

void set_name(X509_NAME* name, const std::string& common_name) {
  must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                  reinterpret_cast<const unsigned char*>(common_name.c_str()),
                                  static_cast<int>(common_name.size()), -1, 0) == 1);
}

void add_extension(X509& certificate, int nid, const std::string& value) {
  const std::unique_ptr<X509_EXTENSION, ExtensionDeleter> extension(
      X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str()));
  must(extension && X509_add_ext(&certificate, extension.get(), -1) == 1);
}

template <class Write, class Object>
dnschain::Bytes to_der(Write write, Object* object) {
  const int size = write(object, nullptr);
  must(size > 0);
  dnschain::Bytes der(static_cast<std::size_t>(size));
  auto* out = reinterpret_cast<unsigned char*>(der.data());
  write(object, &out);
  return der;
}

}  // namespace

TestKey::TestKey() : key_(EVP_EC_gen("P-256"), EVP_PKEY_free) {
  must(key_ != nullptr);
}

TestKey::TestKey(unsigned rsa_bits) : key_(EVP_RSA_gen(rsa_bits), EVP_PKEY_free) {
  must(key_ != nullptr);
}

dnschain::Bytes TestKey::spki() const {
  return to_der(i2d_PUBKEY, key_.get());
}

std::string to_pem(const std::string& label, const dnschain::Bytes& der) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
  must(out && PEM_write_bio(out.get(), label.c_str(), "",
                            reinterpret_cast<const unsigned char*>(der.data()),
                            static_cast<long>(der.size())) > 0);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

dnschain::Bytes make_certificate(const CertificateSpec& spec, const TestKey& key,
                                 const TestKey& issuer_key) {
  const std::unique_ptr<X509, X509Deleter> certificate(X509_new());
  must(certificate && X509_set_version(certificate.get(), X509_VERSION_3) == 1);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  const auto time = [](dnschain::WallTime at) {
    return static_cast<std::time_t>(at.time_since_epoch().count());
  };
  must(ASN1_TIME_set(X509_getm_notBefore(certificate.get()), time(spec.from)) != nullptr);
  must(ASN1_TIME_set(X509_getm_notAfter(certificate.get()), time(spec.to)) != nullptr);
  set_name(X509_get_subject_name(certificate.get()), spec.subject);
  set_name(X509_get_issuer_name(certificate.get()),
           spec.issuer.empty() ? spec.subject : spec.issuer);
  must(X509_set_pubkey(certificate.get(), key.get()) == 1);
  if (spec.authority) add_extension(*certificate, NID_basic_constraints, "critical,CA:TRUE");
  std::string names;
  for (const std::string& name : spec.dns_names) names += (names.empty() ? "DNS:" : ",DNS:") + name;
  if (!names.empty()) add_extension(*certificate, NID_subject_alt_name, names);
  for (const auto& [name, value] : spec.extensions)
    add_extension(*certificate, OBJ_sn2nid(name.c_str()), value);
  must(X509_sign(certificate.get(), issuer_key.get(), spec.sha1 ? EVP_sha1() : EVP_sha256()) > 0);
  return to_der(i2d_X509, certificate.get());
}

}  // namespace mooring::test
