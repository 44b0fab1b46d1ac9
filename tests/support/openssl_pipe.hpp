// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <openssl/ssl.h>

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "support/tls_fixture.hpp"

// OpenSSL's macros cast so.
#pragma GCC diagnostic ignored "-Wold-style-cast"
#pragma GCC diagnostic ignored "-Wcast-qual"

namespace mooring::test {

template <auto Free>
struct FreeWith {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using ContextPtr = std::unique_ptr<SSL_CTX, FreeWith<SSL_CTX_free>>;
using OpensslPtr = std::unique_ptr<SSL, FreeWith<SSL_free>>;
using OpensslSessionPtr = std::unique_ptr<SSL_SESSION, FreeWith<SSL_SESSION_free>>;

/// What OpenSSL sends in its extension 59 and gets in the server's.
struct ClientData {
  unsigned char port[2] = {kPort >> 8, kPort & 0xff};
  std::optional<tlsext::Bytes> chain;
  unsigned int context = 0;  // the message that it came in
  std::size_t entry = SIZE_MAX;
};

/// OpenSSL's client joined to our server in memory.
class OpensslPipe {
 public:
  OpensslPipe(tlsext::ServerContext& server, int version, bool with_chain);
  ~OpensslPipe();
  OpensslPipe(const OpensslPipe&) = delete;
  OpensslPipe& operator=(const OpensslPipe&) = delete;

  void set_groups(const char* groups);
  void set_session(SSL_SESSION* session) { session_ = session; }

  /// Makes the client, which shake() does by itself.
  void begin(const char* name = kName);
  /// True when both sides have finished.
  bool shake(const char* name = kName);
  /// What the client has written since the last call.
  std::string written();
  /// Takes to the server what the client has written, and the answer back.
  void carry();
  /// Gives the server octets, which need not be the client's.
  void give(std::string_view octets);
  /// Takes the server's answer to the client.
  void take();
  std::string read();

  /// The traffic secret that an NSS key log has under that label, as octets.
  [[nodiscard]] const std::string& secret(const std::string& label) const {
    return secrets_.at(label);
  }
  /// Why the server has failed.
  [[nodiscard]] const std::optional<tlsext::Error>& error() const { return error_; }
  [[nodiscard]] SSL_CTX* context() { return context_.get(); }
  [[nodiscard]] SSL* ssl() { return ssl_.get(); }
  [[nodiscard]] tlsext::ServerSession& server() { return server_; }
  [[nodiscard]] CollectingSink& sink() { return sink_; }
  [[nodiscard]] const ClientData& data() const { return data_; }

 private:
  static void note_secret(const SSL* ssl, const char* line);

  tlsext::ServerSession server_;
  CollectingSink sink_;
  ClientData data_;
  ContextPtr context_;
  OpensslPtr ssl_;
  SSL_SESSION* session_ = nullptr;
  std::map<std::string, std::string> secrets_;
  std::optional<tlsext::Error> error_;
};

}  // namespace mooring::test
