// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/ticket_rotation.hpp"

#include <algorithm>

namespace mooring::server {

std::size_t ticket_keys_kept(const TlsConfig& tls) {
  const auto rotations =
      (tls.ticket_lifetime + tls.ticket_rotation - std::chrono::seconds{1}) / tls.ticket_rotation;
  // A bound, for a rotation far below the lifetime: older tickets then mean a full handshake.
  return std::min<std::size_t>(static_cast<std::size_t>(rotations) + 1, 64);
}

}  // namespace mooring::server
