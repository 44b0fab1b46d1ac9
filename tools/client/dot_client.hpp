// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "dnschain/dane/dane.hpp"
#include "tlsext/client/context.hpp"
#include "tlsext/client/session.hpp"
#include "tools/base/endpoint.hpp"
#include "tools/base/outcome.hpp"
#include "tools/client/dns_stream.hpp"
#include "tools/client/tcp_socket.hpp"

namespace mooring::tools {

struct DotSettings {
  Endpoint server;
  int family = AF_UNSPEC;                   ///< or AF_INET, AF_INET6: nothing else is connected to
  std::string server_name;                  ///< SNI; empty: none
  std::optional<std::uint16_t> chain_port;  ///< asks for the chain of server_name at this port
  tlsext::Version minimum = tlsext::Version::tls12;
  tlsext::Version maximum = tlsext::Version::tls13;
  std::chrono::milliseconds timeout{5000};  ///< for connecting and the handshake together
};

/// A DNS-over-TLS session of a program that waits. The handshake authenticates nobody: look at
/// presented() and chain() before anything is sent.
class DotClient final : private tlsext::SessionSink {
 public:
  /// Connects and completes the handshake; nothing but the handshake is sent.
  [[nodiscard]] static Outcome<std::unique_ptr<DotClient>> connect(const DotSettings& settings);
  ~DotClient();
  DotClient(const DotClient&) = delete;
  DotClient& operator=(const DotClient&) = delete;

  /// Sends octets that are framed messages, in one write.
  [[nodiscard]] Outcome<void> send(dnschain::ByteView framed_messages, Deadline deadline);

  /// The next whole message from the server, whatever it answers.
  [[nodiscard]] Outcome<dnschain::Bytes> receive(Deadline deadline);

  /// Says goodbye, as well as it can.
  void close();

  [[nodiscard]] tlsext::SessionInfo info() const { return session_.info(); }
  [[nodiscard]] const std::string& peer() const { return socket_.peer(); }
  /// The body of the dnssec_chain extension, if the server sent one.
  [[nodiscard]] std::optional<dnschain::Bytes> chain() const { return session_.dnssec_chain(); }
  [[nodiscard]] dnschain::PresentedIdentity presented() const;

 private:
  DotClient(TcpSocket socket, std::shared_ptr<tlsext::ClientContext> context,
            tlsext::ClientSession session);

  void on_ciphertext(tlsext::ByteView octets) override;
  void on_plaintext(tlsext::ByteView octets) override;

  Outcome<void> handshake(Deadline deadline);
  /// Reads once from the socket and gives it to the session.
  Outcome<void> pump(Deadline deadline);
  Outcome<void> flush(Deadline deadline);

  TcpSocket socket_;
  std::shared_ptr<tlsext::ClientContext> context_;
  tlsext::ClientSession session_;
  dnschain::Bytes to_send_;
  MessageSplitter received_;
};

/// "TLS 1.3".
[[nodiscard]] std::string version_name(tlsext::Version version);

}  // namespace mooring::tools
