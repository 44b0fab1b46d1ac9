// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/dane/x509_path.hpp"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <span>

namespace mooring::dnschain {
namespace {

constexpr int kSecurityLevel = 2;  // 112 bits: RSA of 2048, no SHA-1
constexpr int kSecurityBits = 112;
constexpr unsigned kHostFlags =
    X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;
constexpr int kMaxKeyBits = 8192;  // nobody needs more, and it costs

struct StoreDeleter {
  void operator()(X509_STORE* store) const noexcept { X509_STORE_free(store); }
};
struct StoreContextDeleter {
  void operator()(X509_STORE_CTX* context) const noexcept { X509_STORE_CTX_free(context); }
};
/// Frees the stack, not the certificates on it.
struct StackDeleter {
  void operator()(STACK_OF(X509) * stack) const noexcept { sk_X509_free(stack); }
};

using Store = std::unique_ptr<X509_STORE, StoreDeleter>;
using StoreContext = std::unique_ptr<X509_STORE_CTX, StoreContextDeleter>;
using Stack = std::unique_ptr<STACK_OF(X509), StackDeleter>;

const unsigned char* octets(ByteView view) {
  return reinterpret_cast<const unsigned char*>(view.data());
}

bool set_up(X509_STORE_CTX& context, const std::string& host, WallTime now) {
  X509_VERIFY_PARAM* param = X509_STORE_CTX_get0_param(&context);
  X509_VERIFY_PARAM_set_time(param, static_cast<std::time_t>(now.time_since_epoch().count()));
  X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_auth_level(param, kSecurityLevel);
  X509_VERIFY_PARAM_set_hostflags(param, kHostFlags);
  return X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER) == 1 &&
         X509_VERIFY_PARAM_set1_host(param, host.c_str(), host.size()) == 1;
}

tl::unexpected<Error> no_path(const char* why) {
  return tl::unexpected(Error{ErrorCode::unproven, why});
}

std::vector<Bytes> path_in(X509_STORE_CTX& context) {
  std::vector<Bytes> path;
  const STACK_OF(X509)* chain = X509_STORE_CTX_get0_chain(&context);
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    Bytes der;
    const int size = i2d_X509(sk_X509_value(chain, i), nullptr);
    der.resize(static_cast<std::size_t>(std::max(size, 0)));
    auto* out = reinterpret_cast<unsigned char*>(der.data());
    i2d_X509(sk_X509_value(chain, i), &out);
    path.push_back(std::move(der));
  }
  return path;
}

std::vector<X509Ptr> parse_all(std::span<const Bytes> certificates) {
  std::vector<X509Ptr> out;
  for (const Bytes& der : certificates)
    if (X509Ptr certificate = parse_certificate(der)) out.push_back(std::move(certificate));
  return out;
}

}  // namespace

void X509Deleter::operator()(x509_st* certificate) const noexcept {
  X509_free(certificate);
}

void EvpPkeyDeleter::operator()(evp_pkey_st* key) const noexcept {
  EVP_PKEY_free(key);
}

X509Ptr parse_certificate(ByteView der) {
  const unsigned char* at = octets(der);
  X509Ptr certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  ERR_clear_error();
  if (at != octets(der) + der.size()) return nullptr;
  return certificate;
}

EvpPkeyPtr parse_public_key(ByteView der) {
  const unsigned char* at = octets(der);
  EvpPkeyPtr key(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
  ERR_clear_error();
  if (at != octets(der) + der.size()) return nullptr;
  return key;
}

Bytes public_key_of(x509_st& certificate) {
  X509_PUBKEY* key = X509_get_X509_PUBKEY(&certificate);
  const int size = i2d_X509_PUBKEY(key, nullptr);
  if (size <= 0) return {};
  Bytes der(static_cast<std::size_t>(size));
  auto* out = reinterpret_cast<unsigned char*>(der.data());
  i2d_X509_PUBKEY(key, &out);
  return der;
}

bool is_fit_for_path(evp_pkey_st& key) {
  return EVP_PKEY_get_security_bits(&key) >= kSecurityBits &&
         EVP_PKEY_get_bits(&key) <= kMaxKeyBits;
}

bool is_signed_by(x509_st& certificate, evp_pkey_st& key) {
  int security_bits = 0;
  if (X509_get_signature_info(&certificate, nullptr, nullptr, &security_bits, nullptr) != 1 ||
      security_bits < kSecurityBits)
    return false;
  const bool holds = X509_verify(&certificate, &key) == 1;
  ERR_clear_error();
  return holds;
}

bool holds_name(x509_st& certificate, const std::string& host) {
  const bool holds =
      X509_check_host(&certificate, host.c_str(), host.size(), kHostFlags, nullptr) == 1;
  ERR_clear_error();
  return holds;
}

PathResult find_path(x509_st& leaf, const std::vector<X509Ptr>& others,
                     const std::vector<x509_st*>& anchors, const std::string& host, WallTime now) {
  const Store store(X509_STORE_new());
  const StoreContext context(X509_STORE_CTX_new());
  const Stack stack(sk_X509_new_null());
  if (!store || !context || !stack) return no_path("out of memory");
  for (const X509Ptr& other : others) sk_X509_push(stack.get(), other.get());
  for (x509_st* anchor : anchors) X509_STORE_add_cert(store.get(), anchor);
  if (X509_STORE_CTX_init(context.get(), store.get(), &leaf, stack.get()) != 1 ||
      !set_up(*context, host, now)) {
    ERR_clear_error();
    return no_path("the path cannot be checked");
  }
  const bool valid = X509_verify_cert(context.get()) == 1;
  const int error = X509_STORE_CTX_get_error(context.get());
  ERR_clear_error();
  if (valid) return path_in(*context);
  return no_path(X509_verify_cert_error_string(error));
}

PathResult find_path(const std::vector<Bytes>& presented, const std::vector<Bytes>& authorities,
                     const std::string& host, WallTime now) {
  if (presented.empty()) return no_path("there is no certificate");
  const X509Ptr leaf = parse_certificate(presented.front());
  if (!leaf) return no_path("the certificate cannot be read");
  const std::size_t sent = std::min(presented.size(), kMaxCertificates);
  const auto others = parse_all(std::span(presented).subspan(1, sent - 1));
  const auto trusted = parse_all(authorities);
  std::vector<x509_st*> anchors;
  for (const X509Ptr& authority : trusted) anchors.push_back(authority.get());
  return find_path(*leaf, others, anchors, host, now);
}

}  // namespace mooring::dnschain
