// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "dnschain/bytes.hpp"
#include "dnschain/error.hpp"
#include "dnschain/keeper_state.hpp"

namespace mooring::dnschain {

/// A keeper's state as the octets of a file: a magic, a version, the length, the services, and a
/// SHA-256 digest over all of it. All integers are big-endian.
[[nodiscard]] Bytes encode_state(const KeeperState& state);

/// Reads it back. An error, in one line for a person, for anything that encode_state() did not
/// make: another kind of file, another version, one that was cut or changed. The digest is no
/// protection from someone who means to deceive; chains are verified again before they are served.
[[nodiscard]] Result<KeeperState> decode_state(ByteView octets);

}  // namespace mooring::dnschain
