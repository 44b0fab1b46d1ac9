// SPDX-License-Identifier: GPL-3.0-or-later
#include "tlsext/base/wolfssl_ptr.hpp"

#include <wolfssl/wolfcrypt/settings.h>

#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/random.h>

#include <stdexcept>

namespace mooring::tlsext {

void SslFree::operator()(WOLFSSL* ssl) const noexcept {
  wolfSSL_free(ssl);
}
void SslContextFree::operator()(WOLFSSL_CTX* context) const noexcept {
  wolfSSL_CTX_free(context);
}
void SslSessionFree::operator()(WOLFSSL_SESSION* session) const noexcept {
  wolfSSL_SESSION_free(session);
}

void init_wolfssl() {
  static const int result = wolfSSL_Init();
  if (result != WOLFSSL_SUCCESS) throw std::runtime_error("wolfSSL cannot start");
}

void fill_random(void* octets, std::size_t count) {
  init_wolfssl();
  WC_RNG rng;
  if (wc_InitRng(&rng) != 0) throw std::runtime_error("no randomness");
  const int result =
      wc_RNG_GenerateBlock(&rng, static_cast<byte*>(octets), static_cast<word32>(count));
  wc_FreeRng(&rng);
  if (result != 0) throw std::runtime_error("no randomness");
}

}  // namespace mooring::tlsext
