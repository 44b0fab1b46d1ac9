// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct sockaddr;
struct sockaddr_storage;

namespace mooring::server {

enum class IpFamily : std::uint8_t { v4, v6 };

/// An IP address; a v4 one fills the first four octets and leaves the others zero. An IPv4-mapped
/// IPv6 address is taken as what it stands for.
struct IpAddress {
  IpFamily family = IpFamily::v4;
  std::array<std::uint8_t, 16> octets{};

  /// From text without brackets, port, scope or prefix.
  [[nodiscard]] static std::optional<IpAddress> parse(std::string_view text);
  [[nodiscard]] std::string text() const;
  /// The first `bits` bits kept, the others zero.
  [[nodiscard]] IpAddress masked(unsigned bits) const;
  [[nodiscard]] unsigned width() const { return family == IpFamily::v4 ? 32 : 128; }

  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
};

/// An address with a prefix length, as in 192.0.2.0/24; bits past the prefix are zero.
struct IpPrefix {
  IpAddress address;
  unsigned bits = 0;

  /// From "ADDRESS/BITS" or an address alone; nothing when a bit past the prefix is set.
  [[nodiscard]] static std::optional<IpPrefix> parse(std::string_view text);
  [[nodiscard]] bool contains(const IpAddress& address) const;
};

/// An address and a TCP port.
struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;

  /// From "192.0.2.1:853" or "[2001:db8::1]:853".
  [[nodiscard]] static std::optional<Endpoint> parse(std::string_view text);
  /// From what accept() or getsockname() gave; nothing when it is no IP address.
  [[nodiscard]] static std::optional<Endpoint> from(const sockaddr& address);
  [[nodiscard]] std::string text() const;
  /// Fills `out` and returns the length that belongs to the family.
  unsigned to(sockaddr_storage& out) const;

  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

}  // namespace mooring::server
