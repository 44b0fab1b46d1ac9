// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>

#include "tlsext/base/result.hpp"
#include "tlsext/base/types.hpp"
#include "tlsext/record/session_state.hpp"
#include "tlsext/record/sink.hpp"

namespace mooring::tlsext {

/// Facts about a session whose handshake is complete.
struct SessionInfo {
  Version version{};
  std::string cipher;  ///< IANA name
  std::string group;   ///< X25519MLKEM768, X25519, secp256r1, ...
  std::string alpn;    ///< empty: none
  bool resumed = false;
};

class RecordPump;

/// One TLS connection as an object that takes and gives octets; it owns no socket and knows no
/// time. This is what both roles have; a ServerSession or a ClientSession is made of it. All output
/// goes to the sink given to each call.
class Session {
 public:
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

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

 protected:
  explicit Session(std::unique_ptr<RecordPump> pump);
  ~Session();
  [[nodiscard]] RecordPump& pump() { return *pump_; }
  [[nodiscard]] const RecordPump& pump() const { return *pump_; }

 private:
  std::unique_ptr<RecordPump> pump_;
};

}  // namespace mooring::tlsext
