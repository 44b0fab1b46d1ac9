// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dnschain/dns/record.hpp"

namespace mooring::dnschain {

struct Question {
  Name owner;
  RrType type{};
  /// Whether the resolver may answer with what it has not validated (RFC 4035, 3.2.2).
  bool checking_disabled = true;

  bool operator==(const Question&) const = default;
};

/// "<name> <type>", for a person.
[[nodiscard]] std::string to_text(const Question& question);

/// A query in wire form for a recursive resolver over TCP (no length prefix): RD and DO set, and CD
/// as the question says.
[[nodiscard]] Bytes encode_query(const Question& question, std::uint16_t id);

/// Response codes that a resolver's answer is judged by (RFC 1035, 4.1.1).
enum class Rcode : std::uint16_t {
  no_error = 0,
  form_error = 1,
  server_failure = 2,
  name_error = 3,
  not_implemented = 4,
  refused = 5,
};

/// What of a DNS response matters to a proof: class IN records of the types in RrType with every
/// name expanded (RFC 1035, 4.1.4). Others, and the additional section, are left out.
struct Message {
  std::uint16_t id = 0;
  bool truncated = false;
  Rcode rcode{};  ///< the extended code when there is an OPT record (RFC 6891, 6.1.3)
  std::optional<Question> question;  ///< none in some error responses
  std::vector<Record> answer;
  std::vector<Record> authority;
  std::string extended_error;  ///< RFC 8914: "code 9" with its text if any; empty without one
};

/// Reads a response. An error when it is not a response to one question of class IN (an error
/// response may be without one), or when anything in it up to the end of its records is not
/// well-formed. TTLs with the top bit set come
/// out as 0 (RFC 2181, 8). Work and memory are in proportion to the message.
[[nodiscard]] Result<Message> parse_response(ByteView octets);

}  // namespace mooring::dnschain
