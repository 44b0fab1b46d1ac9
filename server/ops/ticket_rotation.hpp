// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "server/config/config.hpp"
#include "server/io/loop.hpp"
#include "tlsext/tickets/ticket_keys.hpp"

namespace mooring::server {

/// How many ticket keys must be kept so that no ticket outlives its key.
[[nodiscard]] std::size_t ticket_keys_kept(const TlsConfig& tls);

/// Has the keys that session tickets are encrypted with (RFC 5077, 5.5), and replaces them in time.
class TicketRotation {
 public:
  using Keys = std::shared_ptr<const tlsext::TicketKeySet>;

  /// `publish` gets each new set of keys, from the loop, while tickets are given out. `loop` must
  /// outlive this.
  TicketRotation(Loop& loop, const TlsConfig& tls, std::function<void(const Keys&)> publish);

  [[nodiscard]] const Keys& keys() const { return keys_; }
  /// Goes on with the keys of a predecessor, which are to be replaced after so long.
  void inherit(Keys keys, Milliseconds until_rotation);
  /// Until the next rotation.
  [[nodiscard]] Milliseconds until_rotation() const;
  /// Other settings from now on; the next rotation does not come later for it.
  void set(const TlsConfig& tls);

 private:
  void rotate();

  Loop& loop_;
  TlsConfig tls_;
  std::function<void(const Keys&)> publish_;
  Keys keys_;
  TimePoint next_;
  std::unique_ptr<Timer> timer_;
};

}  // namespace mooring::server
