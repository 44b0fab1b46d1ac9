// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/base/hex.hpp"

#include <string_view>

namespace mooring::dnschain {

std::string to_hex(ByteView octets) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(octets.size() * 2);
  for (const std::byte octet : octets) {
    out += kDigits[std::to_integer<unsigned>(octet) >> 4U];
    out += kDigits[std::to_integer<unsigned>(octet) & 15U];
  }
  return out;
}

}  // namespace mooring::dnschain
