// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "server/base/owned_fd.hpp"
#include "server/base/secret_bytes.hpp"

namespace mooring::server {

/// A client's live connection on its way to another worker, process or host. Only the worker that
/// made it and the one that takes it know what the octets say; whoever has it in between owns the
/// connection, and closes it when he drops it. Nothing in the octets depends on the process or the
/// host that they come from. One of their copies may go on, no other.
struct Parcel {
  SecretBytes octets;  ///< key material among them
  OwnedFd descriptor;  ///< the connected socket
};

/// Octets that a parcel has at most: one that would have more is not made, and not taken.
inline constexpr std::size_t kMostParcelOctets = 8U << 20U;

}  // namespace mooring::server
