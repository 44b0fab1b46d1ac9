// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>

struct WOLFSSL;
struct WOLFSSL_CTX;
struct WOLFSSL_SESSION;

namespace mooring::tlsext {

struct SslFree {
  void operator()(WOLFSSL* ssl) const noexcept;
};
struct SslContextFree {
  void operator()(WOLFSSL_CTX* context) const noexcept;
};
struct SslSessionFree {
  void operator()(WOLFSSL_SESSION* session) const noexcept;
};

using SslPtr = std::unique_ptr<WOLFSSL, SslFree>;
using SslContextPtr = std::unique_ptr<WOLFSSL_CTX, SslContextFree>;
using SslSessionPtr = std::unique_ptr<WOLFSSL_SESSION, SslSessionFree>;

/// Prepares wolfSSL, once for the process; from any thread. Throws std::runtime_error when it
/// cannot (no randomness, a failed self test).
void init_wolfssl();

/// Fills `octets` from the system's randomness through wolfSSL's generator. Throws
/// std::runtime_error when there is none.
void fill_random(void* octets, std::size_t count);

}  // namespace mooring::tlsext
