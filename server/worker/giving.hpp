// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "server/base/endpoint.hpp"
#include "server/base/parcel.hpp"

namespace mooring::server {

enum class GiveWhich : std::uint8_t {
  quiet,  ///< sessions without a query in flight and with nothing unsent
  any,    ///< those that are busy as well: whoever takes them asks again
};

/// What a worker is to give of its sessions.
struct GiveOrder {
  std::uint64_t tag = 0;  ///< comes back with the answer; the worker does not look
  std::size_t most = 0;   ///< sessions, those that would be idle for longest soonest in front
  GiveWhich which = GiveWhich::quiet;
  std::optional<IpPrefix> client;  ///< those of clients from there; none: of all
};

/// What a worker is to give from now on: each new session, once, as soon as its handshake is done.
struct StandingOrder {
  std::uint64_t tag = 0;           ///< as in GiveOrder
  std::optional<IpPrefix> client;  ///< as in GiveOrder
};

/// The connections that a worker still has, of those that an order is about.
struct Remaining {
  std::size_t quiet = 0;
  std::size_t busy = 0;
  std::size_t handshaking = 0;  ///< not given before the handshake is done
  std::size_t ending = 0;       ///< never given: they are about to be closed
  std::string trouble;          ///< why one that was to go has stayed, the first one; empty: none
  std::size_t watched = 0;      ///< never given: they came by Worker::take_watched()

  [[nodiscard]] std::size_t total() const { return quiet + busy + handshaking + ending + watched; }
};

/// What became of parcels that a worker was given.
struct Taken {
  std::size_t sessions = 0;  ///< that go on here
  std::size_t refused = 0;   ///< whose connections are closed
  std::string reason;        ///< why, of the first one that was refused
};

}  // namespace mooring::server
