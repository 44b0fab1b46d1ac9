// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

#include "tlsext/base/secret_memory.hpp"
#include "tlsext/base/types.hpp"

namespace mooring::tlsext {

/// What an open connection needs to go on reading and writing records, and the facts of its
/// handshake that are asked for later. One of its copies may go on, no other.
struct FrozenRecords {
  SecretSlot state;             ///< keys, IVs, counters, traffic secrets: key material
  std::uint8_t state_size = 0;  ///< octets in it
  Bytes unread;                 ///< of a record that has come in part; received before all else
  std::string alpn;             ///< as SessionInfo::alpn
  std::string group;            ///< as SessionInfo::group
};

}  // namespace mooring::tlsext
