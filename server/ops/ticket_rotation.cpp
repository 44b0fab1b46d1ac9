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
      next_(loop.now() + tls.ticket_rotation),
      timer_(loop.make_timer([this] { rotate(); })) {
  timer_->set(next_);
}

void TicketRotation::inherit(Keys keys, Milliseconds until_rotation) {
  keys_ = std::move(keys);
  next_ = loop_.now() + std::min<Milliseconds>(until_rotation, tls_.ticket_rotation);
  timer_->set(next_);
}

Milliseconds TicketRotation::until_rotation() const {
  return std::chrono::ceil<Milliseconds>(std::max(next_, loop_.now()) - loop_.now());
}

void TicketRotation::set(const TlsConfig& tls) {
  tls_ = tls;
  next_ = std::min(next_, loop_.now() + tls_.ticket_rotation);
  timer_->set(next_);
}

void TicketRotation::rotate() {
  keys_ = keys_->rotated(ticket_keys_kept(tls_));
  if (tls_.tickets) publish_(keys_);
  next_ = loop_.now() + tls_.ticket_rotation;
  timer_->set(next_);
}

}  // namespace mooring::server
