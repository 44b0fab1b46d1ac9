// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "server/base/endpoint.hpp"
#include "server/base/parcel.hpp"
#include "server/base/result.hpp"
#include "server/client/session_snapshot.hpp"
#include "server/io/stream.hpp"

namespace mooring::server {

/// A client's connection taken apart: what a parcel says.
struct ParcelContent {
  SessionSnapshot session;
  Endpoint listener;   ///< that the client came to, as it is configured; not session.peer.listener
  StreamState stream;  ///< its descriptor is not among the octets
};

/// Writes all of it but the descriptor and session.peer.listener. Fails when that is more than
/// kMostParcelOctets, or there is no memory for it.
[[nodiscard]] Result<SecretBytes> pack(const ParcelContent& content, SecretArena& arena);

/// The reverse; keys go to `keys`. What is not exactly what pack() of this version has written is
/// refused: cut, longer, with any octet changed, of another version. Whether the TLS state is one
/// is judged by ClientSession::resume().
[[nodiscard]] Result<ParcelContent> unpack(ByteView octets, tlsext::SecretMemory& keys);

}  // namespace mooring::server
