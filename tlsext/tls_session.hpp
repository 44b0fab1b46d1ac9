// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tlsext/base/types.hpp"
#include "tlsext/tls_context.hpp"

namespace mooring::tlsext {

enum class SessionState : std::uint8_t {
  handshaking,
  open,
  peer_closed,  ///< close_notify received; what is still to be sent may be sent
  closed,       ///< our close_notify is out
  failed,
};

/// What a client session asks for.
struct ClientRequest {
  std::string server_name;                  ///< SNI; empty: none
  std::optional<std::uint16_t> chain_port;  ///< notional port: sends dnssec_chain (needs SNI)
  std::shared_ptr<const Bytes> resumption;  ///< from resumption_ticket() of an earlier session
};

/// Facts about a session whose handshake is complete.
struct SessionInfo {
  Version version{};
  std::string cipher;  ///< IANA name
  std::string group;   ///< X25519MLKEM768, X25519, secp256r1, ...
  std::string alpn;    ///< empty: none
  bool resumed = false;
};

/// One TLS connection as an object that takes and gives octets; it owns no socket and knows no
/// time. Server or client role. All output goes to the sink given to each call.
class TlsSession {
 public:
  [[nodiscard]] static Result<TlsSession> accept(ServerContext& context);
  [[nodiscard]] static Result<TlsSession> connect(ClientContext& context,
                                                  const ClientRequest& request);
  ~TlsSession();
  TlsSession(TlsSession&&) noexcept;
  TlsSession& operator=(TlsSession&&) noexcept;

  /// Client: sends the ClientHello. A server has nothing to start.
  [[nodiscard]] Result<void> start(SessionSink& sink);

  /// Takes octets from the peer, cut anywhere, and uses up all of them: handshake messages are
  /// answered, plaintext is delivered at once, also what follows Finished in the same segment.
  /// After an error the session has failed and its alert, if any, has gone to the sink.
  [[nodiscard]] Result<void> receive(ByteView ciphertext, SessionSink& sink);

  /// Encrypts `plaintext` in records as large as TLS allows. The session must be open (or
  /// peer_closed).
  [[nodiscard]] Result<void> send(ByteView plaintext, SessionSink& sink);

  /// Sends close_notify, once.
  void close(SessionSink& sink);

  [[nodiscard]] SessionState state() const;
  /// Complete once the state has left `handshaking` without failing.
  [[nodiscard]] SessionInfo info() const;

  /// SNI as sent, lower-cased, no final dot; empty: none. Server role.
  [[nodiscard]] const std::string& server_name() const;
  /// Notional port of the client's dnssec_chain extension. Server role.
  [[nodiscard]] std::optional<std::uint16_t> requested_chain_port() const;

  /// Client role, once open: the server's certificates in DER, leaf first; or, for a raw public
  /// key, the SubjectPublicKeyInfo alone in raw_public_key(). Empty on a resumed session.
  [[nodiscard]] std::vector<Bytes> peer_certificates() const;
  [[nodiscard]] Bytes peer_raw_public_key() const;
  /// Client role: the body of the server's dnssec_chain extension, if it sent one.
  [[nodiscard]] std::optional<Bytes> dnssec_chain() const;
  /// Client role, once open: what a later session can resume from; null until the server sent it.
  [[nodiscard]] std::shared_ptr<const Bytes> resumption_ticket() const;

  struct Impl;  // for this room's sources

 private:
  explicit TlsSession(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mooring::tlsext
