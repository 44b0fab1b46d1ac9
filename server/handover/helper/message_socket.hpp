// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <utility>
#include <vector>

#include "server/base/bytes.hpp"
#include "server/base/owned_fd.hpp"
#include "server/base/result.hpp"

namespace mooring::server {

/// What goes over the socket between server and helper at a time: octets with, where one belongs to
/// them, a descriptor.
struct HelperMessage {
  std::vector<std::byte> octets;
  OwnedFd descriptor;
};

/// One end of a pair of UNIX sockets that carries messages, each with its length in front. Its
/// calls wait until a message has gone or come as a whole.
class MessageSocket {
 public:
  explicit MessageSocket(OwnedFd socket) : socket_(std::move(socket)) {}
  [[nodiscard]] static Result<std::pair<MessageSocket, MessageSocket>> pair();

  /// No call waits longer; what is then under way is lost, so that the socket is of no more use.
  [[nodiscard]] Result<void> wait_at_most(Milliseconds time);
  /// `descriptor` stays the caller's; -1: none.
  [[nodiscard]] Result<void> send(ByteView octets, int descriptor);
  /// ECONNRESET when the other end is gone. Longer messages than kMostHelperMessage, or more than
  /// one descriptor with one, are refused.
  [[nodiscard]] Result<HelperMessage> receive();

  [[nodiscard]] int descriptor() const { return socket_.get(); }

 private:
  [[nodiscard]] Result<void> receive_all(std::span<std::byte> place, OwnedFd& descriptor);

  OwnedFd socket_;
};

}  // namespace mooring::server
