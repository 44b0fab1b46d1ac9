// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "server/base/bytes.hpp"

namespace mooring::server {

inline constexpr std::size_t kDnsHeaderSize = 12;
inline constexpr std::size_t kMaxDnsMessage = 65535;
/// Before each message of a stream: its length (RFC 1035, 4.2.2).
inline constexpr std::size_t kLengthPrefix = 2;

/// Turns the octets of a number round where the processor wants them so; its own inverse.
[[nodiscard]] constexpr std::uint16_t from_network(std::uint16_t value) {
  if constexpr (std::endian::native == std::endian::big) return value;
  return static_cast<std::uint16_t>(unsigned{value} << 8U | unsigned{value} >> 8U);
}

/// Reads two octets in network order. `at + 2` must not pass the end.
[[nodiscard]] inline std::uint16_t read_u16(ByteView octets, std::size_t at) {
  std::uint16_t value;
  std::memcpy(&value, octets.data() + at, sizeof(value));
  return from_network(value);
}

/// Writes two octets in network order.
inline void write_u16(std::byte* place, std::size_t value) {
  const std::uint16_t swapped = from_network(static_cast<std::uint16_t>(value));
  std::memcpy(place, &swapped, sizeof(swapped));
}

}  // namespace mooring::server
