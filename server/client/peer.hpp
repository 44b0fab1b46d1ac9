// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>

#include "server/base/endpoint.hpp"

namespace mooring::server {

/// Who is at the other end of a session: a plain value, made when the connection is admitted, and
/// the same for as long as it lasts. What counts as one client is not in here (ClientAddress).
struct Peer {
  Endpoint address;                    ///< the client's own, however it has come to us
  std::uint16_t listener = 0;          ///< which one took it, in the order of Worker::listen()
  std::optional<Endpoint> proxy = {};  ///< who speaks for the client; none: nobody does

  [[nodiscard]] bool proxied() const { return proxy.has_value(); }

  friend bool operator==(const Peer&, const Peer&) = default;
};

}  // namespace mooring::server
