// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dnschain/base/bytes.hpp"
#include "tools/base/outcome.hpp"

namespace mooring::tools {

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
