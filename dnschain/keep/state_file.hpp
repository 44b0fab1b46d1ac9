// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "dnschain/base/bytes.hpp"
#include "dnschain/base/error.hpp"
#include "dnschain/keep/keeper_state.hpp"

namespace mooring::dnschain {

/// A keeper's state as the octets of a sealed file. All integers are big-endian.
[[nodiscard]] Bytes encode_state(const KeeperState& state);

/// Reads it back. An error, in one line for a person, for anything that encode_state() did not
/// make, in this version or an earlier one: another kind of file, a later version, one that was cut
/// or changed. The digest is no protection from someone who means to deceive; chains are verified
/// again before they are served.
[[nodiscard]] Result<KeeperState> decode_state(ByteView octets);

}  // namespace mooring::dnschain
