// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/ticket_rotation.hpp"

#include <algorithm>
#include <utility>

namespace mooring::server {

std::size_t ticket_keys_kept(const TlsConfig& tls) {
  const auto rotations =
      (tls.ticket_lifetime + tls.ticket_rotation - std::chrono::seconds{1}) / tls.ticket_rotation;
  // A bound, for a rotation far below the lifetime: older tickets then mean a full handshake.
  return std::min<std::size_t>(static_cast<std::size_t>(rotations) + 1, 64);
}

TicketRotation::TicketRotation(Loop& loop, const TlsConfig& tls,
                               std::function<void(const Keys&)> publish)
    : loop_(loop),
      tls_(tls),
      publish_(std::move(publish)),
      keys_(tlsext::TicketKeySet::create()),
      timer_(loop.make_timer([this] { rotate(); })) {
  timer_->set(loop_.now() + tls_.ticket_rotation);
}

void TicketRotation::set(const TlsConfig& tls) {
  tls_ = tls;
  timer_->set_earlier(loop_.now() + tls_.ticket_rotation);
}

void TicketRotation::rotate() {
  keys_ = keys_->rotated(ticket_keys_kept(tls_));
  if (tls_.tickets) publish_(keys_);
  timer_->set(loop_.now() + tls_.ticket_rotation);
}

}  // namespace mooring::server
