// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tlsext/base/result.hpp"
#include "tlsext/base/types.hpp"
#include "tlsext/record/session.hpp"

namespace mooring::tlsext {

/// The SHA-256 of a SubjectPublicKeyInfo: what a TLSA record "3 1 1" has (RFC 6698, 2.1).
using KeyPin = std::array<std::byte, 32>;

/// The pin of the key in a certificate in PEM. Fails (configuration) for what is none.
[[nodiscard]] Result<KeyPin> key_pin_of(std::string_view certificate_pem);

/// Whom a link may be with: who shows that he has the key.
struct LinkPeer {
  std::string name;  ///< ours for him; no part of the handshake
  KeyPin pin{};
};

struct LinkSettings {
  std::string certificate_pem;  ///< shown to the other side; self-signed as a rule
  std::string private_key_pem;
  std::string protocol;         ///< the only ALPN that is spoken (RFC 7301)
  std::vector<LinkPeer> peers;  ///< at least one; no name and no pin twice
};

struct LinkState;

/// What links between two of our own have in common: both ends show a certificate, of which only
/// the key counts, and each takes the keys alone that it knows. TLS 1.3, one protocol, no
/// resumption. Used by one thread at a time.
class LinkContext {
 public:
  /// Fails (configuration, private_key) when the certificate, key or peers cannot be used.
  [[nodiscard]] static Result<std::shared_ptr<LinkContext>> create(LinkSettings settings);

 private:
  friend class LinkSession;
  explicit LinkContext(std::shared_ptr<LinkState> state);
  std::shared_ptr<LinkState> state_;
};

/// One end of a link. It is open once the other side has shown the key of a peer and speaks our
/// protocol; all else ends with an alert, and an error (protocol) that says what was wrong.
class LinkSession final : public Session {
 public:
  /// To that peer: the key of another one is refused, as an unknown one is. Fails (configuration)
  /// for a name that is no peer's, and (internal) without memory. The context may be gone before
  /// the session.
  [[nodiscard]] static Result<LinkSession> connect(LinkContext& context, std::string_view peer);
  /// From any peer. Fails as connect() does.
  [[nodiscard]] static Result<LinkSession> accept(LinkContext& context);

  /// For the end that connects: sends the ClientHello. The other end has shown its key when the
  /// session is open; whether it has taken ours is known when it has said something.
  [[nodiscard]] Result<void> start(SessionSink& sink);

  /// Once open: the name of the peer at the other end.
  [[nodiscard]] const std::string& peer() const;

  struct Impl;  // for this floor's sources

 private:
  explicit LinkSession(std::unique_ptr<Impl> impl);
};

}  // namespace mooring::tlsext
