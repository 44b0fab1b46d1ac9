// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "server/base/bytes.hpp"
#include "server/client/exchange.hpp"
#include "server/client/peer.hpp"
#include "tlsext/server/frozen_session.hpp"

namespace mooring::server {

/// An open client session as plain values: another can be made from it, also in another process.
/// What its transport holds, read or unsent, is not in here.
struct SessionSnapshot {
  tlsext::FrozenSession tls;
  ExchangeSnapshot exchange;
  Peer peer;
  Milliseconds idle_left{};  ///< until the idle timeout
  bool asleep = false;       ///< it had nothing to do, and may sleep on
};

}  // namespace mooring::server
