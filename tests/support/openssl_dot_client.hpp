// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/tcp_peer.hpp"

namespace mooring::test {

class OpensslDotClient;

struct OpensslDotOptions {
  std::string server_name = "dot.example";  ///< SNI; empty: none
  bool tls12 = false;                       ///< else TLS 1.3
  bool octet_by_octet = false;              ///< every octet is sent by itself
  std::string address = "127.0.0.1";
  std::string suite;                          ///< as OpenSSL spells it; empty: all
  const OpensslDotClient* resumes = nullptr;  ///< offers a ticket that this one has had
};

/// How a TLS connection has ended.
enum class TlsEnd : std::uint8_t { open, close_notify, alert, cut };

/// A DoT client made of OpenSSL, so that the server is judged by somebody else's TLS. Blocking.
class OpensslDotClient {
 public:
  /// Connects and completes the handshake; throws when it fails.
  explicit OpensslDotClient(std::uint16_t port, OpensslDotOptions options = {});
  ~OpensslDotClient();
  OpensslDotClient(OpensslDotClient&&) noexcept;
  OpensslDotClient& operator=(const OpensslDotClient&) = delete;

  /// Sends plaintext in one TLS record: length prefixes are the caller's.
  void send(const Octets& plaintext);
  /// The same, but gives up when the server takes nothing for that long, and says so.
  [[nodiscard]] bool send_within(const Octets& plaintext, std::chrono::milliseconds wait);
  /// The next whole message, without its prefix; nothing when none comes within `wait`.
  [[nodiscard]] std::optional<Octets> receive(
      std::chrono::milliseconds wait = std::chrono::seconds(10));
  /// Asks, and returns the answer with that ID; other answers are thrown away.
  [[nodiscard]] std::optional<Octets> ask(const Octets& query);
  /// Reads until the connection ends; `open` when that takes longer than `wait`.
  [[nodiscard]] TlsEnd wait_for_end(std::chrono::milliseconds wait = std::chrono::seconds(10));
  void send_close_notify();
  /// Sends the next octets with new keys (KeyUpdate, RFC 8446, 4.6.3); with `both` the server is to
  /// do so as well. TLS 1.3 alone.
  void update_keys(bool both);
  [[nodiscard]] bool resumed() const;

  [[nodiscard]] TcpPeer& peer();
  /// Gives the TCP connection away and forgets all about TLS.
  [[nodiscard]] TcpPeer take_connection();
  /// The common name in the server's certificate.
  [[nodiscard]] std::string certificate_name() const;
  /// Application data records that have been read, TLS 1.3's other ones (tickets) included.
  [[nodiscard]] std::size_t records_received() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mooring::test
