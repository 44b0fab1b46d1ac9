// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "dnschain/dns/service.hpp"

namespace mooring::dnschain {

/// What happened, to be logged and counted.
struct KeeperEvent {
  enum class Kind : std::uint8_t {
    published,       ///< a new chain is served; `text` says what it proves
    withdrawn,       ///< it may no longer be served
    refresh_failed,  ///< the old one, if any, is still served
    mismatch,        ///< no TLSA record matches what is presented; again each day
    no_tlsa,         ///< the chain proves that there is none to match: the same for clients
    restored,        ///< a stored chain is served
    bound_near,      ///< the chain's end is near and nothing better is to be had
    pins_held,     ///< removed from the settings, but kept up: clients may hold pins until `until`
    pins_expired,  ///< the last pin has run out, and a removed service is dropped
    forgotten,     ///< dropped as told although clients may hold pins until `until`
  };
  static constexpr std::size_t kKinds = 10;
  Kind kind{};
  Service service;
  std::string text;
  WallTime until{};  ///< the epoch when there is no such moment
};

}  // namespace mooring::dnschain
