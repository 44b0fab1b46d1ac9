// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tlsext/base/result.hpp"
#include "tlsext/record/frozen_records.hpp"

namespace mooring::tlsext {

/// An open server session as a value: how its records go on, and the facts of it that are asked for
/// later. Nothing of the handshake is in it, so it needs no certificate. One of its copies may go
/// on, no other.
struct FrozenSession {
  FrozenRecords records;
  bool known_name = false;                  ///< SNI is that of an identity
  std::optional<std::uint16_t> chain_port;  ///< as ServerSession::requested_chain_port()
  std::string server_name;                  ///< SNI, canonical

  /// Octets that encode() writes.
  [[nodiscard]] std::size_t encoded_size() const;
  /// Writes the whole of it, key material included, to `place`, which has space for encoded_size():
  /// for another process that is trusted as this one.
  void encode(std::byte* place) const;
  /// The reverse. The record state is judged later, by ServerSession::thaw(); everything else must
  /// be whole: cut, longer, or of another version is refused (ErrorCode::internal).
  [[nodiscard]] static Result<FrozenSession> decode(ByteView octets, SecretMemory& memory);
};

}  // namespace mooring::tlsext
