// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/dane/certificate_files.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <span>

#include "dnschain/base/error.hpp"
#include "dnschain/dane/pem.hpp"
#include "dnschain/dane/x509_path.hpp"

namespace mooring::dnschain {
namespace {

constexpr int kLeastRsaBits = 1024;
constexpr int kMostRsaBits = 4096;
constexpr const char* kSwapped = ": are certificate and key swapped?";

const unsigned char* octets(ByteView view) {
  return reinterpret_cast<const unsigned char*>(view.data());
}

EvpPkeyPtr parse_private_key(ByteView der) {
  const unsigned char* at = octets(der);
  EvpPkeyPtr key(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(der.size())));
  ERR_clear_error();
  return key;
}

struct Pkcs8Deleter {
  void operator()(X509_SIG* sealed) const noexcept { X509_SIG_free(sealed); }
};
struct Pkcs12Deleter {
  void operator()(PKCS12* box) const noexcept { PKCS12_free(box); }
};

bool is_encrypted_der(ByteView der) {
  const unsigned char* at = octets(der);
  const std::unique_ptr<X509_SIG, Pkcs8Deleter> sealed(
      d2i_X509_SIG(nullptr, &at, static_cast<long>(der.size())));
  ERR_clear_error();
  return sealed != nullptr;
}

bool is_pkcs12(ByteView der) {
  const unsigned char* at = octets(der);
  const std::unique_ptr<PKCS12, Pkcs12Deleter> box(
      d2i_PKCS12(nullptr, &at, static_cast<long>(der.size())));
  ERR_clear_error();
  return box != nullptr;
}

/// What is wrong with a file that has no PEM block at all.
std::string without_pem(std::string_view file) {
  const ByteView der = std::as_bytes(std::span(file));
  if (file.find_first_not_of(" \t\r\n") == std::string_view::npos) return "is empty";
  if (parse_certificate(der)) {
    return "holds a certificate in DER, PEM is wanted (openssl x509 -inform DER makes it)";
  }
  if (is_pkcs12(der)) {
    return "is a PKCS #12 file, PEM is wanted (openssl pkcs12 -nodes makes it)";
  }
  if (is_encrypted_der(der)) return "holds an encrypted private key in DER, one in PEM is wanted";
  if (parse_private_key(der)) {
    return "holds a private key in DER, PEM is wanted (openssl pkey -inform DER makes it)";
  }
  if (parse_public_key(der)) return "holds a public key in DER";
  return "holds no PEM (it would begin with -----BEGIN)";
}

std::string named(const PemBlock& block) {
  if (block.label == "OPENSSH PRIVATE KEY") return "a private key in OpenSSH's own form";
  if (block.is_private_key()) return block.encrypted ? "an encrypted private key" : "a private key";
  if (block.label == "CERTIFICATE") return "a certificate";
  if (block.label == "PUBLIC KEY") return "a public key";
  if (block.label.ends_with("CERTIFICATE REQUEST")) return "a certificate request";
  return "\"" + block.label + "\"";
}

/// A key that TLS here does not take, in words; nothing for the others.
std::optional<std::string> refused_key(evp_pkey_st* key) {
  if (key == nullptr) return "a key of an unknown kind";
  const int kind = EVP_PKEY_get_base_id(key);
  if (kind == EVP_PKEY_ED25519) return std::nullopt;
  if (kind == EVP_PKEY_ED448) return "an Ed448 key";
  if (kind == EVP_PKEY_RSA || kind == EVP_PKEY_RSA_PSS) {
    const int bits = EVP_PKEY_get_bits(key);
    if (bits >= kLeastRsaBits && bits <= kMostRsaBits) return std::nullopt;
    return "an RSA key of " + std::to_string(bits) + " bits";
  }
  if (kind != EVP_PKEY_EC) return std::string("a key of the kind ") + OBJ_nid2sn(kind);
  std::array<char, 64> group{};
  std::size_t size = 0;
  if (EVP_PKEY_get_group_name(key, group.data(), group.size(), &size) != 1) {
    ERR_clear_error();
    return "a key on a curve without a name";
  }
  const std::string_view curve(group.data());
  if (curve == "prime256v1" || curve == "secp384r1") return std::nullopt;
  return "a key on the curve " + (curve == "secp521r1" ? "P-521" : std::string(curve));
}

std::string kind_fault(const std::string& key) {
  return "has " + key + "; P-256, P-384, Ed25519 and RSA of 1024 to 4096 bits are taken";
}

tl::unexpected<Error> unusable(std::string why) {
  return tl::unexpected(Error{ErrorCode::unusable, std::move(why)});
}

/// What is wrong with a file without any certificate.
std::string without_certificate(const PemText& text, std::string_view file) {
  if (text.blocks.empty()) return without_pem(file);
  const PemBlock& first = text.blocks.front();
  return "holds " + named(first) + ", no certificate" + (first.is_private_key() ? kSwapped : "");
}

Result<std::vector<X509Ptr>> read_certificates(std::string_view file) {
  std::vector<X509Ptr> out;
  const PemText text = parse_pem(file);
  for (const PemBlock& block : text.blocks) {
    if (block.label != "CERTIFICATE") continue;
    out.push_back(parse_certificate(block.der));
    if (!out.back())
      return unusable("certificate " + std::to_string(out.size()) + " in it cannot be read");
  }
  if (text.damaged)
    return unusable("block " + std::to_string(text.blocks.size() + 1) + " of its PEM is damaged");
  if (out.empty()) return unusable(without_certificate(text, file));
  if (const auto refused = refused_key(X509_get0_pubkey(out.front().get())))
    return unusable(kind_fault(*refused));
  return out;
}

std::string unfit_key(const PemBlock& block) {
  if (block.label == "OPENSSH PRIVATE KEY") {
    return "holds " + named(block) + " (ssh-keygen -p -m PKCS8 changes it)";
  }
  return "holds an encrypted private key: it must be there without a passphrase, readable by the "
         "server alone (openssl pkey -in ... -out ... takes it off)";
}

/// What is wrong with a file without any private key.
std::string without_private_key(const PemText& text, std::string_view file) {
  if (text.damaged) return "holds damaged PEM";
  if (text.blocks.empty()) return without_pem(file);
  const PemBlock& first = text.blocks.front();
  return "holds " + named(first) + ", no private key" +
         (first.label == "CERTIFICATE" ? kSwapped : "");
}

Result<EvpPkeyPtr> read_private_key(std::string_view file) {
  const PemText text = parse_pem(file);
  const auto block = std::ranges::find_if(text.blocks, &PemBlock::is_private_key);
  if (block == text.blocks.end()) return unusable(without_private_key(text, file));
  if (block->encrypted || block->label == "OPENSSH PRIVATE KEY") return unusable(unfit_key(*block));
  EvpPkeyPtr key = parse_private_key(block->der);
  if (!key) return unusable("holds a private key that cannot be read");
  if (const auto refused = refused_key(key.get())) return unusable(kind_fault(*refused));
  return key;
}

bool belong_together(x509_st& certificate, evp_pkey_st& key) {
  evp_pkey_st* own = X509_get0_pubkey(&certificate);
  const bool same = own != nullptr && EVP_PKEY_eq(own, &key) == 1;
  ERR_clear_error();
  return same;
}

/// Faults of two files that neither can be used for what it was given for.
FileFaults both(const Result<std::vector<X509Ptr>>& certificates, const Result<EvpPkeyPtr>& key) {
  FileFaults faults;
  if (!certificates) faults.certificate = certificates.error().context;
  if (!key) faults.key = key.error().context;
  if (!faults.certificate || !faults.key) return faults;
  // One line says it for both.
  const bool swapped = faults.certificate->ends_with(kSwapped) && faults.key->ends_with(kSwapped);
  const bool same_kind =
      faults.certificate->starts_with("has ") && faults.certificate == faults.key;
  if (swapped || same_kind) faults.key.reset();
  return faults;
}

}  // namespace

FileFaults judge_files(std::string_view certificates, std::string_view key) {
  const auto list = read_certificates(certificates);
  const auto own = read_private_key(key);
  if (!list || !own) return both(list, own);
  FileFaults faults;
  const auto its = std::ranges::find_if(
      *list, [&](const X509Ptr& certificate) { return belong_together(*certificate, **own); });
  if (its == list->end()) {
    faults.key = "is not the key of the certificate";
  } else if (its != list->begin()) {
    faults.certificate = "does not begin with the server's own certificate: certificate " +
                         std::to_string(its - list->begin() + 1) +
                         " is the one of the key; those between it and the root come after it";
  }
  return faults;
}

std::string what_it_holds(std::string_view file) {
  const PemText text = parse_pem(file);
  if (!text.blocks.empty()) return "holds " + named(text.blocks.front());
  return text.damaged ? "holds damaged PEM" : without_pem(file);
}

}  // namespace mooring::dnschain
