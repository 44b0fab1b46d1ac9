// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace mooring::tlsext {

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;

enum class Version : std::uint16_t { tls12 = 0x0303, tls13 = 0x0304 };

/// Octets of a ready-made extension body. Owned together by whoever publishes it and by every
/// handshake that is sending it.
using ChainBytes = std::shared_ptr<const Bytes>;

}  // namespace mooring::tlsext
