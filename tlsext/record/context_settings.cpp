// SPDX-License-Identifier: GPL-3.0-or-later
#include "tlsext/record/context_settings.hpp"

#include <wolfssl/wolfcrypt/settings.h>

#include <wolfssl/ssl.h>

#include <iterator>

namespace mooring::tlsext {
namespace {

// Forward secrecy and AEAD only (RFC 9325, 4.2). The order is the server's preference.
constexpr const char* kCiphers =
    "TLS13-AES128-GCM-SHA256:TLS13-AES256-GCM-SHA384:TLS13-CHACHA20-POLY1305-SHA256:"
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

std::string reason(int code) {
  const char* text = wolfSSL_ERR_reason_error_string(static_cast<unsigned long>(code));
  return text != nullptr ? text : "error " + std::to_string(code);
}

const unsigned char* octets(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

bool set_up(WOLFSSL_CTX* context, Version minimum) {
  int groups[] = {WOLFSSL_X25519MLKEM768, WOLFSSL_ECC_X25519, WOLFSSL_ECC_SECP256R1,
                  WOLFSSL_ECC_SECP384R1};
  bool good = wolfSSL_CTX_set_cipher_list(context, kCiphers) == WOLFSSL_SUCCESS &&
              wolfSSL_CTX_set_groups(context, groups, std::size(groups)) == WOLFSSL_SUCCESS &&
              wolfSSL_CTX_new_rng(context) == WOLFSSL_SUCCESS;
  const int version = minimum == Version::tls13 ? WOLFSSL_TLSV1_3 : WOLFSSL_TLSV1_2;
  good = good && wolfSSL_CTX_SetMinVersion(context, version) == WOLFSSL_SUCCESS;
  // Forward secrecy on resumption too. A context of TLS 1.2 alone does not take it, nor need it.
  wolfSSL_CTX_only_dhe_psk(context);
  wolfSSL_CTX_set_session_cache_mode(context, WOLFSSL_SESS_CACHE_OFF);
  return good;
}

Result<void> use_certificate(WOLFSSL_CTX* context, const std::string& owner,
                             const std::string& certificate_pem,
                             const std::string& private_key_pem) {
  int code = wolfSSL_CTX_use_certificate_chain_buffer(context, octets(certificate_pem),
                                                      static_cast<long>(certificate_pem.size()));
  if (code != WOLFSSL_SUCCESS) {
    return failure(ErrorCode::configuration, "certificate of " + owner + ": " + reason(code));
  }
  code = wolfSSL_CTX_use_PrivateKey_buffer(context, octets(private_key_pem),
                                           static_cast<long>(private_key_pem.size()),
                                           WOLFSSL_FILETYPE_PEM);
  if (code != WOLFSSL_SUCCESS) {
    return failure(ErrorCode::private_key, "private key of " + owner + ": " + reason(code));
  }
  if (wolfSSL_CTX_check_private_key(context) != WOLFSSL_SUCCESS) {
    return failure(ErrorCode::private_key,
                   "private key of " + owner + " is not that of its certificate");
  }
  return {};
}

bool offer_groups(WOLFSSL* ssl, Version maximum) {
  for (const unsigned short group :
       {WOLFSSL_X25519MLKEM768, WOLFSSL_ECC_X25519, WOLFSSL_ECC_SECP256R1, WOLFSSL_ECC_SECP384R1}) {
    if (wolfSSL_UseSupportedCurve(ssl, group) != WOLFSSL_SUCCESS) return false;
  }
  if (maximum == Version::tls12) return true;
  // Two shares: a server that does not know ML-KEM yet needs no HelloRetryRequest.
  return wolfSSL_UseKeyShare(ssl, WOLFSSL_X25519MLKEM768) == WOLFSSL_SUCCESS &&
         wolfSSL_UseKeyShare(ssl, WOLFSSL_ECC_X25519) == WOLFSSL_SUCCESS;
}

std::string alpn_list(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ",") + name;
  return list;
}

bool use_alpn(WOLFSSL* ssl, const std::string& list, unsigned char mismatch) {
  if (list.empty()) return true;
  std::string copy = list;  // wolfSSL wants it writable
  return wolfSSL_UseALPN(ssl, copy.data(), static_cast<unsigned>(copy.size()), mismatch) ==
         WOLFSSL_SUCCESS;
}

}  // namespace mooring::tlsext
