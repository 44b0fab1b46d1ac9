// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/client/question.hpp"

#include <ldns/ldns.h>

#include <algorithm>
#include <string>

#include "dnschain/dns/wire.hpp"
#include "tools/base/text.hpp"

namespace mooring::tools {

namespace {

using dnschain::Bytes;
using dnschain::WireWriter;

constexpr std::uint16_t kOptType = 41;
constexpr std::uint16_t kNsidOption = 3;
constexpr std::uint16_t kPaddingOption = 12;

/// The option itself costs 4 octets (RFC 7830, 3).
void pad(Bytes& message, std::size_t block) {
  const std::size_t over = (message.size() + 4) % block;
  const std::size_t padding = over == 0 ? 0 : block - over;
  WireWriter writer(message);
  writer.u16(kPaddingOption);
  writer.u16(static_cast<std::uint16_t>(padding));
  message.resize(message.size() + padding);
}

void append_opt(const QuestionToAsk& question, Bytes& message) {
  WireWriter writer(message);
  writer.u8(0);
  writer.u16(kOptType);
  writer.u16(question.udp_size);
  writer.u32(question.dnssec_ok ? 0x8000 : 0);
  const std::size_t length_at = message.size();
  writer.u16(0);
  if (question.nsid) {
    writer.u16(kNsidOption);
    writer.u16(0);
  }
  if (question.padding_block != 0) pad(message, question.padding_block);
  const std::size_t length = message.size() - length_at - 2;
  message[length_at] = std::byte(length >> 8U);
  message[length_at + 1] = std::byte(length & 0xffU);
}

std::string to_upper(std::string_view text) {
  std::string upper(text);
  std::ranges::transform(upper, upper.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return upper;
}

/// The 16 bits of "TYPE65280" and the like (RFC 3597, 5).
std::optional<std::uint16_t> number_after(std::string_view text, std::string_view prefix) {
  const auto digits = text.substr(prefix.size());
  const auto number = digits.empty() ? std::nullopt : parse_number(digits, 65535);
  return number ? std::optional(static_cast<std::uint16_t>(*number)) : std::nullopt;
}

}  // namespace

Bytes make_query(const QuestionToAsk& question, std::uint16_t id) {
  Bytes message;
  WireWriter writer(message);
  writer.u16(id);
  writer.u16(static_cast<std::uint16_t>((question.recurse ? 0x0100 : 0) |
                                        (question.authentic_data ? 0x0020 : 0) |
                                        (question.checking_disabled ? 0x0010 : 0)));
  writer.u16(1);
  writer.u16(0);
  writer.u16(0);
  writer.u16(question.edns ? 1 : 0);
  writer.append(question.name.wire());
  writer.u16(question.type);
  writer.u16(question.rr_class);
  if (question.edns) append_opt(question, message);
  return message;
}

std::optional<std::uint16_t> type_number(std::string_view text) {
  const std::string upper = to_upper(text);
  if (upper.starts_with("TYPE")) return number_after(upper, "TYPE");
  const ldns_rr_type type = ldns_get_rr_type_by_name(upper.c_str());
  if (static_cast<int>(type) == 0) return std::nullopt;
  return static_cast<std::uint16_t>(type);
}

std::optional<std::uint16_t> class_number(std::string_view text) {
  const std::string upper = to_upper(text);
  if (upper == "IN") return std::uint16_t{1};
  if (upper == "CH") return std::uint16_t{3};
  if (upper == "HS") return std::uint16_t{4};
  if (upper == "ANY") return std::uint16_t{255};
  return upper.starts_with("CLASS") ? number_after(upper, "CLASS") : std::nullopt;
}

}  // namespace mooring::tools
