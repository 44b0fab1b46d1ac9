// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "dnschain/base/bytes.hpp"
#include "tools/base/endpoint.hpp"
#include "tools/base/outcome.hpp"
#include "tools/client/happy_eyeballs.hpp"

namespace mooring::tools {

/// `span` from now on.
[[nodiscard]] inline Deadline deadline_in(std::chrono::milliseconds span) {
  return std::chrono::steady_clock::now() + span;
}

/// A TCP connection for a program that waits: every call returns by its deadline. Owns the socket.
class TcpSocket {
 public:
  /// Connects to the first of the host's addresses that answers, of one family (AF_INET, AF_INET6)
  /// or of either. The name's look-up counts too.
  [[nodiscard]] static Outcome<TcpSocket> connect(const Endpoint& endpoint, Deadline deadline,
                                                  int family = AF_UNSPEC);

  ~TcpSocket();
  TcpSocket(TcpSocket&& other) noexcept;
  TcpSocket& operator=(TcpSocket&& other) noexcept;

  /// Sends all of it.
  [[nodiscard]] Outcome<void> send(dnschain::ByteView octets, Deadline deadline);

  /// What has come, at least one octet; empty when the peer has ended its side.
  [[nodiscard]] Outcome<dnschain::Bytes> receive(Deadline deadline);

  /// Address and port of the peer: "192.0.2.1:853".
  [[nodiscard]] const std::string& peer() const { return peer_; }

 private:
  TcpSocket(int fd, std::string peer) : fd_(fd), peer_(std::move(peer)) {}

  int fd_ = -1;
  std::string peer_;
};

}  // namespace mooring::tools
