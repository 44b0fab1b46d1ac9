// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/base/text.hpp"

#include <algorithm>
#include <charconv>

namespace mooring::tools {

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet >= 0x20 && octet < 0x7f) {
      out += c;
      continue;
    }
    out += '\\';
    for (const unsigned place : {100U, 10U, 1U}) {
      out += static_cast<char>('0' + octet / place % 10);
    }
  }
  return out;
}

std::optional<std::uint64_t> parse_number(std::string_view digits, std::uint64_t most) {
  std::uint64_t value = 0;
  const bool only_digits = std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (!only_digits || error != std::errc{} || stop != end || value > most) return std::nullopt;
  return value;
}

std::string count_of(std::size_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

dnschain::ByteView as_octets(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace mooring::tools
