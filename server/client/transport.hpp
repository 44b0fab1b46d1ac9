// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "server/base/bytes.hpp"

namespace mooring::server {

enum class CloseMode : std::uint8_t {
  after_sending,  ///< when what was sent has been taken by the kernel
  at_once,        ///< what is held is of no use to anybody any more
};

/// Why a handshake has come to nothing.
struct HandshakeFailure {
  std::string_view reason;
  std::optional<std::uint8_t> alert;  ///< sent by us, or by the client if `from_client`
  bool from_client = false;
};

/// The TCP connection of one session. Called only from inside member functions of the session and
/// its group; it must not call them back from in there.
class ClientTransport {
 public:
  /// Sends all the octets, in one write if the kernel takes them. What it does not take is copied;
  /// returns how much that is. ClientSession::on_sent is called once all that was copied has gone.
  [[nodiscard]] virtual std::size_t send(ByteView octets) = 0;
  /// Octets of what was copied that the kernel has not taken yet.
  [[nodiscard]] virtual std::size_t waiting() const = 0;
  /// Reading starts on, and is switched off while the client is over one of its bounds.
  virtual void set_reading(bool on) = 0;
  /// The handshake is done.
  virtual void session_opened() {}
  /// For a log; close() follows.
  virtual void handshake_failed(const HandshakeFailure&) {}
  /// The session, which is open, has been idle for long enough to sleep: it may be replaced by what
  /// ClientSession::sleep() gives. Called by the group alone, with no function of the session
  /// running.
  virtual void session_idle() {}
  /// The session is closed; called once, the last call of all. The transport destroys the session
  /// later, from the loop: never inside this call.
  virtual void close(CloseMode mode) = 0;

 protected:
  ~ClientTransport() = default;
};

/// How a client's stream has ended.
enum class StreamEnd : std::uint8_t {
  finished,  ///< it sends no more, but may still read
  broken,
};

}  // namespace mooring::server
