// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/base/client_address.hpp"

#include <algorithm>
#include <cstring>
#include <random>

namespace mooring::server {
namespace {

constexpr std::array<std::byte, 12> kV4Mapped{
    std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0},    std::byte{0},
    std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0xff}, std::byte{0xff}};

std::uint64_t random_key() {
  std::random_device device;  // the kernel's generator in libstdc++
  return (std::uint64_t{device()} << 32U) | device();
}

std::uint64_t mix(std::uint64_t value) {
  value ^= value >> 33U;
  value *= 0xff51afd7ed558ccdU;
  value ^= value >> 33U;
  value *= 0xc4ceb9fe1a85ec53U;
  return value ^ (value >> 33U);
}

}  // namespace

ClientAddress ClientAddress::v4(std::span<const std::byte, 4> octets) {
  ClientAddress address;
  std::copy(kV4Mapped.begin(), kV4Mapped.end(), address.octets_.begin());
  std::copy(octets.begin(), octets.end(), address.octets_.begin() + kV4Mapped.size());
  return address;
}

ClientAddress ClientAddress::v6(std::span<const std::byte, 16> octets) {
  ClientAddress address;
  std::copy(octets.begin(), octets.end(), address.octets_.begin());
  return address;
}

bool ClientAddress::is_v4() const {
  return std::equal(kV4Mapped.begin(), kV4Mapped.end(), octets_.begin());
}

ClientAddress ClientAddress::network(unsigned v4_bits, unsigned v6_bits) const {
  const unsigned bits = is_v4() ? 96 + std::min(v4_bits, 32U) : std::min(v6_bits, 128U);
  ClientAddress result = *this;
  for (unsigned i = 0; i < 16; ++i) {
    const unsigned kept = bits > 8 * i ? std::min(bits - 8 * i, 8U) : 0;
    result.octets_[i] &= std::byte((0xffU << (8U - kept)) & 0xffU);
  }
  return result;
}

ClientAddressHash::ClientAddressHash() : key_(random_key()) {}

std::size_t ClientAddressHash::operator()(const ClientAddress& address) const {
  std::array<std::uint64_t, 2> words{};
  std::memcpy(words.data(), address.octets().data(), sizeof(words));
  return mix(mix(words[0] ^ key_) + words[1]);
}

}  // namespace mooring::server
