// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace mooring::dnschain {

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;

/// Wall time in whole seconds: what RRSIG validity and TTLs are counted in. Always an argument,
/// never read from a clock in this room.
using WallTime = std::chrono::sys_seconds;

/// A TCP port as a number of its own kind.
enum class Port : std::uint16_t {};

}  // namespace mooring::dnschain
