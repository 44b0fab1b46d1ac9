// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/report/dns_names.hpp"

#include <arpa/inet.h>

#include <array>

namespace mooring::tools {

std::string algorithm_name(std::uint8_t algorithm) {
  switch (algorithm) {
    case 1:
      return "RSAMD5";
    case 3:
      return "DSA";
    case 5:
      return "RSASHA1";
    case 6:
      return "DSA-NSEC3-SHA1";
    case 7:
      return "RSASHA1-NSEC3-SHA1";
    case 8:
      return "RSASHA256";
    case 10:
      return "RSASHA512";
    case 12:
      return "ECC-GOST";
    case 13:
      return "ECDSAP256SHA256";
    case 14:
      return "ECDSAP384SHA384";
    case 15:
      return "ED25519";
    case 16:
      return "ED448";
    default:
      return "algorithm " + std::to_string(algorithm);
  }
}

std::string key_role(std::uint16_t flags) {
  static constexpr unsigned kSecureEntryPoint = 0x0001;
  static constexpr unsigned kRevoked = 0x0080;
  std::string role = (flags & kSecureEntryPoint) != 0 ? "KSK" : "ZSK";
  if ((flags & kRevoked) != 0) role += " revoked";
  return role;
}

std::optional<std::string> reverse_name(const std::string& address) {
  static constexpr const char* kHex = "0123456789abcdef";
  std::array<unsigned char, sizeof(in6_addr)> octets{};
  std::string name;
  if (::inet_pton(AF_INET, address.c_str(), octets.data()) == 1) {
    for (std::size_t i = sizeof(in_addr); i-- > 0;) name += std::to_string(octets.at(i)) + ".";
    return name + "in-addr.arpa.";
  }
  if (::inet_pton(AF_INET6, address.c_str(), octets.data()) != 1) return std::nullopt;
  for (std::size_t i = octets.size(); i-- > 0;) {
    name += {kHex[octets.at(i) & 15U], '.', kHex[octets.at(i) >> 4U], '.'};
  }
  return name + "ip6.arpa.";
}

}  // namespace mooring::tools
