// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tlsext/chain_extension.hpp"
#include "tlsext/context_state.hpp"
#include "tlsext/tls_session.hpp"

namespace mooring::tlsext {

/// What a client keeps of what its server sent.
struct ClientFacts {
  std::vector<Bytes> certificates;
  std::optional<Bytes> chain;
};

/// The state of a session; wolfSSL's callbacks find it as the WOLFSSL object's I/O context.
struct TlsSession::Impl {
  std::shared_ptr<ServerState> server;  // one of the two; declared before ssl, which uses it
  std::shared_ptr<ClientState> client;
  SslPtr ssl;
  SessionState state = SessionState::handshaking;
  bool known_name = false;  // SNI is that of an identity
  std::optional<std::uint16_t> chain_port;
  std::string server_name;  // canonical
  ByteView input;           // what receive() was given and wolfSSL has not taken yet
  SessionSink* sink = nullptr;
  const char* refusal = nullptr;  // why one of our callbacks refused an extension
  std::unique_ptr<ChainOffer, ChainOfferFree> offer;  // dropped when the handshake is over
  std::unique_ptr<ClientFacts> facts;                 // client role

  [[nodiscard]] Result<void> advance();
  [[nodiscard]] Result<void> handshake();
  [[nodiscard]] Result<void> read();
  [[nodiscard]] tl::unexpected<Error> fail(int result);
  void settle_alert(Error& error, int code);
};

}  // namespace mooring::tlsext
