// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>

#include "tlsext/base/alerts.hpp"
#include "tlsext/base/result.hpp"
#include "tlsext/base/types.hpp"
#include "tlsext/base/wolfssl_ptr.hpp"
#include "tlsext/record/frozen_records.hpp"
#include "tlsext/record/session.hpp"
#include "tlsext/record/session_state.hpp"
#include "tlsext/record/sink.hpp"

namespace mooring::tlsext {

/// Drives a WOLFSSL object over memory: what is received is given to it, what it writes goes to the
/// sink. Each role derives what it knows beside from it, and finds it again in wolfSSL's callbacks
/// by of(). Not moved: wolfSSL has its address.
class RecordPump {
 public:
  virtual ~RecordPump();
  RecordPump(const RecordPump&) = delete;
  RecordPump& operator=(const RecordPump&) = delete;

  /// The one that drives `ssl`.
  [[nodiscard]] static RecordPump& of(WOLFSSL* ssl);

  /// Goes on with the handshake without having received anything.
  [[nodiscard]] Result<void> start(SessionSink& sink);
  /// As in Session.
  [[nodiscard]] Result<void> receive(ByteView ciphertext, SessionSink& sink);
  [[nodiscard]] Result<void> send(ByteView plaintext, SessionSink& sink);
  void close(SessionSink& sink);
  [[nodiscard]] SessionState state() const { return state_; }
  [[nodiscard]] SessionInfo info() const;

  /// The open connection as a value, its keys in `memory`. Fails, and changes nothing, while a
  /// message of TLS is under way. After success the pump can only be destroyed.
  [[nodiscard]] Result<FrozenRecords> freeze(SecretMemory& memory);
  /// Has a new pump go on with that connection, as open, in place of a handshake. What is not the
  /// state of a connection of its role, whole and of a suite that there is, fails (internal).
  [[nodiscard]] Result<void> thaw(const FrozenRecords& frozen);

  [[nodiscard]] WOLFSSL* ssl() const { return ssl_.get(); }

  /// To be returned from a callback for a received extension that is not accepted: `why` (which is
  /// not copied) becomes the session's error.
  [[nodiscard]] int refuse(Alert alert, const char* why);

  /// Where something else ends the session: `why` (which is not copied) becomes its error.
  void blame(const char* why) { refusal_ = why; }

 protected:
  /// `ssl` may be null, if there was no memory for it: then nothing but ssl() may be called.
  /// `context` is what callbacks of `ssl` use; it is kept as long as that.
  RecordPump(std::shared_ptr<const void> context, SslPtr ssl);

 private:
  /// wolfSSL's function for the handshake of this role.
  [[nodiscard]] virtual int shake() = 0;
  /// It is complete or has failed: what was kept for it can go.
  virtual void on_handshake_over() noexcept = 0;

  [[nodiscard]] Result<void> handshake();
  [[nodiscard]] Result<void> read();
  [[nodiscard]] tl::unexpected<Error> fail(int result);
  void settle_alert(Error& error, int code);
  void set_state(SessionState next);

  /// What wolfSSL knows no more of a connection that was frozen.
  struct ThawedFacts {
    std::string alpn;
    std::string group;
  };
  struct Callback;
  class Driving;

  std::shared_ptr<const void> context_;  // before ssl_, which uses it
  SslPtr ssl_;
  ByteView input_;  // what receive() was given and wolfSSL has not taken yet
  SessionSink* sink_ = nullptr;
  const char* refusal_ = nullptr;
  SessionState state_ = SessionState::handshaking;
  std::unique_ptr<const ThawedFacts> thawed_;  // null unless it was frozen
};

}  // namespace mooring::tlsext
