// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tlsext/base/result.hpp"
#include "tlsext/base/types.hpp"
#include "tlsext/record/session.hpp"

namespace mooring::tlsext {

class ClientContext;

/// What a client session asks for.
struct ClientRequest {
  std::string server_name;                  ///< SNI; empty: none
  std::optional<std::uint16_t> chain_port;  ///< notional port: sends dnssec_chain (needs SNI)
  std::shared_ptr<const Bytes> resumption;  ///< from resumption_ticket() of an earlier session
};

/// The client's end of a TLS connection. Judges no certificate: it tells what the server showed.
class ClientSession final : public Session {
 public:
  /// Fails (internal) when it cannot be set up. The context may be gone before the session.
  [[nodiscard]] static Result<ClientSession> connect(ClientContext& context,
                                                     const ClientRequest& request);

  /// Sends the ClientHello.
  [[nodiscard]] Result<void> start(SessionSink& sink);

  /// Once open: the server's certificates in DER, leaf first; or, for a raw public key, the
  /// SubjectPublicKeyInfo alone in peer_raw_public_key(). Empty on a resumed session.
  [[nodiscard]] std::vector<Bytes> peer_certificates() const;
  [[nodiscard]] Bytes peer_raw_public_key() const;
  /// The body of the server's dnssec_chain extension, if it sent one.
  [[nodiscard]] std::optional<Bytes> dnssec_chain() const;
  /// Once open: what a later session can resume from; null until the server sent it.
  [[nodiscard]] std::shared_ptr<const Bytes> resumption_ticket() const;

  struct Impl;  // for this floor's sources

 private:
  explicit ClientSession(std::unique_ptr<Impl> impl);
  [[nodiscard]] const Impl& impl() const;
};

}  // namespace mooring::tlsext
