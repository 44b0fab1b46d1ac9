// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dnschain/base/bytes.hpp"
#include "dnschain/dns/name.hpp"
#include "tools/base/outcome.hpp"

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

/// A record as text: every field in presentation form, nothing outside of printable ASCII.
struct TextRecord {
  std::string name;
  std::uint32_t ttl = 0;
  std::string rr_class;
  std::string type;
  std::string data;
};

/// One EDNS option (RFC 6891, 6.1.2).
struct EdnsOption {
  std::uint16_t code = 0;
  dnschain::Bytes data;
};

struct Edns {
  unsigned version = 0;
  bool dnssec_ok = false;
  unsigned udp_size = 0;
  std::vector<EdnsOption> options;
};

/// A message taken apart.
struct DnsMessage {
  std::uint16_t id = 0;
  unsigned opcode = 0;
  unsigned rcode = 0;  ///< with the OPT record's upper bits
  std::uint16_t flags = 0;
  std::vector<TextRecord> question;  ///< without TTL and data
  /// Answer, authority, additional; the OPT record is not among them.
  std::array<std::vector<TextRecord>, 3> sections;
  std::optional<Edns> edns;
  std::size_t octets = 0;
};

/// Reads any octets; the failure says what is wrong with them.
[[nodiscard]] Outcome<DnsMessage> parse_message(dnschain::ByteView octets);

/// Whether `message` is a response to `query` (RFC 7766, 7): same ID and same question, or an
/// error without a question.
[[nodiscard]] bool is_answer_to(dnschain::ByteView message, dnschain::ByteView query);

}  // namespace mooring::tools
