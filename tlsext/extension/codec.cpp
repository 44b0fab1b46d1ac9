// SPDX-License-Identifier: GPL-3.0-or-later
#include "tlsext/extension/codec.hpp"

#include <algorithm>

namespace mooring::tlsext {

std::array<std::byte, 2> encode_chain_request(std::uint16_t port) {
  return {static_cast<std::byte>(port >> 8), static_cast<std::byte>(port & 0xff)};
}

std::optional<std::uint16_t> parse_chain_request(ByteView body) {
  if (body.size() != 2) return std::nullopt;
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(body[0]) << 8 |
                                    std::to_integer<unsigned>(body[1]));
}

std::string canonical_name(std::string_view name) {
  if (!name.empty() && name.back() == '.') name.remove_suffix(1);
  std::string lower(name);
  // Not std::tolower: a host name's case does not depend on the locale.
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

}  // namespace mooring::tlsext
