// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "dnschain/base/bytes.hpp"
#include "dnschain/dns/name.hpp"

namespace mooring::tools {

/// A question as this program asks it.
struct QuestionToAsk {
  dnschain::Name name;
  std::uint16_t type = 1;
  std::uint16_t rr_class = 1;
  bool dnssec_ok = false;
  bool checking_disabled = false;
  bool authentic_data = true;  ///< AD in a query asks for AD in the answer (RFC 6840, 5.7)
  bool edns = true;
  bool recurse = true;
  bool nsid = false;                  ///< asks for the server's identifier (RFC 5001)
  std::uint16_t padding_block = 128;  ///< RFC 8467, 4.1; 0: no padding
  std::uint16_t udp_size = 1232;
};

/// The query in wire form; with EDNS padded to a multiple of `padding_block` octets.
[[nodiscard]] dnschain::Bytes make_query(const QuestionToAsk& question, std::uint16_t id);

/// The number of a type's name ("AAAA", "TYPE65280"); nothing when there is no such type.
[[nodiscard]] std::optional<std::uint16_t> type_number(std::string_view text);

/// The number of a class's name ("CH", "CLASS3"); nothing when there is no such class.
[[nodiscard]] std::optional<std::uint16_t> class_number(std::string_view text);

}  // namespace mooring::tools
