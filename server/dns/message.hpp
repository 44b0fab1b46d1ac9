// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

#include "server/base/bytes.hpp"
#include "server/dns/options.hpp"
#include "server/dns/wire.hpp"

namespace mooring::server {

/// What is to become of a message that a client has sent.
enum class QueryVerdict : std::uint8_t {
  forward,          ///< well-formed: goes to the resolver
  no_header,        ///< under 12 octets: there is no ID to answer to
  response,         ///< its QR bit is set
  not_implemented,  ///< an operation other than QUERY
  malformed,        ///< FORMERR
  bad_version,      ///< an EDNS version other than 0: BADVERS (RFC 6891, 6.1.3)
  transfer,         ///< AXFR or IXFR, which may have many answers: not for a resolver's front end
};

/// Where the parts of a query are.
struct QueryShape {
  std::uint16_t id = 0;            ///< the client's message ID
  std::uint16_t question_end = 0;  ///< the question is [12, question_end); 0: none that is sound
  OptShape opt;
};

struct CheckedQuery {
  QueryVerdict verdict{};
  QueryShape shape;  ///< as far as the message was sound
};

/// Judges a whole message from a client (without length prefix). Sound is a header, exactly one
/// question whose name is not compressed, the records that the header counts, and nothing after
/// them; at most one OPT, in the additional section, under the root name, with whole options.
[[nodiscard]] CheckedQuery check_query(ByteView message);

/// What a message that claims to be the answer to a query is.
enum class AnswerVerdict : std::uint8_t {
  sound,
  wrong_question,  ///< the answer to something else
  malformed,       ///< the right question, but the rest is not to be passed on
};

struct CheckedAnswer {
  AnswerVerdict verdict{};
  OptShape opt;
};

/// A message of the upstream that can be looked up by its ID: a header with the QR bit set.
[[nodiscard]] bool is_response(ByteView message);

/// Compares a response with the question it should answer: [12, question_end) of `query`. Names are
/// compared without regard to ASCII case (RFC 7766, 7; RFC 1035, 2.3.3). An error without a
/// question section is taken for an answer. `message` must satisfy is_response().
[[nodiscard]] CheckedAnswer check_answer(ByteView message, ByteView query,
                                         std::size_t question_end);

}  // namespace mooring::server
