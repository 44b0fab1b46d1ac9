// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace mooring::server {

/// The address of a client without its port. IPv4, and IPv6 that carries IPv4 (::ffff:0:0/96), are
/// the same address.
class ClientAddress {
 public:
  [[nodiscard]] static ClientAddress v4(std::span<const std::byte, 4> octets);
  [[nodiscard]] static ClientAddress v6(std::span<const std::byte, 16> octets);

  [[nodiscard]] bool is_v4() const;
  /// The network that the address is in; the bits beyond the prefix are zero. `v4_bits` is at most
  /// 32, `v6_bits` at most 128.
  [[nodiscard]] ClientAddress network(unsigned v4_bits, unsigned v6_bits) const;
  /// 16 octets of IPv6; IPv4 as ::ffff:a.b.c.d.
  [[nodiscard]] const std::array<std::byte, 16>& octets() const { return octets_; }

  friend bool operator==(const ClientAddress&, const ClientAddress&) = default;

 private:
  std::array<std::byte, 16> octets_{};
};

/// Each one made hashes differently, so that nobody can choose addresses that collide.
class ClientAddressHash {
 public:
  ClientAddressHash();
  [[nodiscard]] std::size_t operator()(const ClientAddress& address) const;

 private:
  std::uint64_t key_;
};

}  // namespace mooring::server
