// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/base/pem.hpp"

#include <cstdint>
#include <optional>

namespace mooring::server {

namespace {

constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
constexpr std::string_view kEnd = "-----END CERTIFICATE-----";
constexpr std::string_view kSpace = " \t\r\n\v\f";
constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// RFC 4648, 4, with white space anywhere.
std::optional<std::vector<std::byte>> decode_base64(std::string_view text) {
  std::vector<std::byte> out;
  std::uint32_t bits = 0;
  unsigned count = 0;
  unsigned padding = 0;
  for (const char c : text) {
    if (kSpace.find(c) != std::string_view::npos) continue;
    const auto value = kAlphabet.find(c);
    if (c == '=') {
      ++padding;
    } else if (value == std::string_view::npos || padding > 0) {
      return {};
    }
    bits = bits << 6U | (c == '=' ? 0U : static_cast<std::uint32_t>(value));
    if (++count % 4 != 0) continue;
    for (const unsigned shift : {16U, 8U, 0U}) out.push_back(std::byte(bits >> shift & 0xffU));
  }
  if (count % 4 != 0 || padding > 2) return {};
  out.resize(out.size() - padding);
  return out;
}

}  // namespace

std::vector<std::vector<std::byte>> certificates_from_pem(std::string_view pem) {
  std::vector<std::vector<std::byte>> out;
  while (true) {
    const auto begin = pem.find(kBegin);
    if (begin == std::string_view::npos) return out;
    pem.remove_prefix(begin + kBegin.size());
    const auto end = pem.find(kEnd);
    if (end == std::string_view::npos) return out;
    auto der = decode_base64(pem.substr(0, end));
    if (der && !der->empty()) out.push_back(std::move(*der));
    pem.remove_prefix(end + kEnd.size());
  }
}

}  // namespace mooring::server
