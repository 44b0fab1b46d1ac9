// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "support/dns_messages.hpp"

namespace mooring::test {

/// What came next on a connection.
enum class Received : std::uint8_t { octets, end, reset, nothing };

/// A blocking TCP connection with timeouts.
class TcpPeer {
 public:
  /// Connects to `port` on `address`. Throws when nobody listens.
  explicit TcpPeer(std::uint16_t port, const std::string& address = "127.0.0.1");
  /// Takes an accepted socket over.
  static TcpPeer from(int socket) { return TcpPeer(socket, 0); }
  ~TcpPeer();
  TcpPeer(TcpPeer&& other) noexcept;
  TcpPeer(const TcpPeer&) = delete;
  TcpPeer& operator=(const TcpPeer&) = delete;

  /// False when the connection is gone.
  bool send(OctetView octets) const;
  /// From now on send() gives up when nothing is taken for that long.
  void set_send_timeout(std::chrono::milliseconds wait) const;
  /// Appends what has come to `into`, waiting for at most `wait`.
  [[nodiscard]] Received receive(Octets& into, std::chrono::milliseconds wait) const;
  /// Everything until the connection ends or `wait` has passed without anything coming; the last
  /// thing that happened goes to `last`.
  [[nodiscard]] Octets receive_all(Received& last, std::chrono::milliseconds wait) const;
  void shut_down() const;
  /// Closes so that the other side gets a reset.
  void reset();
  [[nodiscard]] int socket() const { return socket_; }

 private:
  TcpPeer(int socket, int) : socket_(socket) {}
  int socket_ = -1;
};

inline Octets to_octets(std::string_view text) {
  return MessageWriter().raw(text);
}

}  // namespace mooring::test
