// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <utility>

#include "server/handover/forward/forwarding.hpp"
#include "server/handover/helper/message_socket.hpp"
#include "server/handover/helper/request.hpp"

namespace mooring::server {

/// Does what it is asked for, one request after the other.
class HelperService {
 public:
  explicit HelperService(MessageSocket socket) : socket_(std::move(socket)) {}

  /// Until the other end is gone, which is no error.
  [[nodiscard]] Result<void> run();

 private:
  struct Deed;

  MessageSocket socket_;
  std::optional<Forwarding> forwarding_;
};

}  // namespace mooring::server
