// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "tools/benchmark/loader_options.hpp"

namespace mooring::benchmark {

struct SslCtxFree {
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};
struct SslFree {
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
};
struct SslSessionFree {
  void operator()(SSL_SESSION* session) const noexcept { SSL_SESSION_free(session); }
};
using SslSessionPtr = std::unique_ptr<SSL_SESSION, SslSessionFree>;
using SslPtr = std::unique_ptr<SSL, SslFree>;

/// OpenSSL as the client: a context that never verifies certificates (that is not what is measured)
/// and sends dnssec_chain (RFC 9102) as OpenSSL lets any program send an extension of its own.
class TlsClient {
 public:
  /// Throws std::runtime_error when OpenSSL refuses an option.
  explicit TlsClient(const LoaderOptions& options);
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  /// A client on the connected, or connecting, non-blocking socket `fd`, which stays the caller's.
  /// `chain_octets` is set to the size of the chain when one arrives and must outlive the SSL
  /// object. Resumes the newest session when `resume` is set and there is one.
  [[nodiscard]] SslPtr start(int fd, std::size_t* chain_octets, bool resume);

  /// Whether a session to resume from has arrived.
  [[nodiscard]] bool has_session() const { return session_ != nullptr; }

 private:
  static int add_extension(SSL* ssl, unsigned type, unsigned where, const unsigned char** out,
                           std::size_t* size, X509* certificate, std::size_t index, int* alert,
                           void* self);
  static int take_extension(SSL* ssl, unsigned type, unsigned where, const unsigned char* in,
                            std::size_t size, X509* certificate, std::size_t index, int* alert,
                            void* self);
  static int take_session(SSL* ssl, SSL_SESSION* session);
  void add_chain_extension();

  std::unique_ptr<SSL_CTX, SslCtxFree> context_;
  SslSessionPtr session_;
  std::string server_name_;
  std::uint8_t port_[2]{};
};

}  // namespace mooring::benchmark
