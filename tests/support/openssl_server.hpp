// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace mooring::test {

/// How an OpensslServer behaves.
struct ServerBehaviour {
  std::vector<unsigned char> chain;  ///< body of dnssec_chain for clients that ask; empty: none
  bool tickets = true;
  bool answers = true;               ///< false: closes in place of answering
  unsigned char rcode = 0;           ///< of its answers, which hold one record
  bool closes_after_answer = false;  ///< in place of waiting for the client to close
};

/// A DNS-over-TLS server made with OpenSSL, for tests of clients: on a free port of 127.0.0.1, one
/// connection after the other, in a thread of its own, which ends with the object.
class OpensslServer {
 public:
  /// Throws std::runtime_error when it cannot start.
  explicit OpensslServer(ServerBehaviour behaviour);
  ~OpensslServer();
  OpensslServer(const OpensslServer&) = delete;
  OpensslServer& operator=(const OpensslServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  struct ContextFree {
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
  };

  static int add_chain(SSL* ssl, unsigned type, unsigned where, const unsigned char** out,
                       std::size_t* size, X509* certificate, std::size_t index, int* alert,
                       void* self);
  void make_context();
  void serve();
  void serve_connection(SSL* ssl);

  ServerBehaviour behaviour_;
  std::unique_ptr<SSL_CTX, ContextFree> context_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::jthread thread_;
};

}  // namespace mooring::test
