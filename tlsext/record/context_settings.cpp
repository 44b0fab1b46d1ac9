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
