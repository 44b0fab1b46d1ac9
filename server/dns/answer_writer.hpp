// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string_view>

#include "server/base/bytes.hpp"
#include "server/dns/message.hpp"
#include "server/dns/query_context.hpp"
#include "server/memory/buffer_pool.hpp"

namespace mooring::server {

/// Response codes that we answer with ourselves (RFC 1035, 4.1.1; RFC 6891, 9).
enum class Rcode : std::uint16_t {
  form_error = 1,
  server_failure = 2,
  not_implemented = 4,
  refused = 5,
  bad_version = 16,
};

/// Extended DNS Errors that we explain answers with (RFC 8914, 4).
enum class ExtendedError : std::uint16_t {
  none = 0xffff,  ///< our own mark for: no such option
  other = 0,
  not_ready = 14,
  prohibited = 18,
  not_supported = 21,
  no_reachable_authority = 22,
  network_error = 23,
};

struct OwnAnswer {
  Rcode rcode{};
  ExtendedError error = ExtendedError::none;
  std::string_view text = {};  ///< for a person, UTF-8, at most 100 octets
};

/// A resolver's answer to a client's query, valid during the call that brings it.
struct Answer {
  ByteView message;             ///< as the resolver sent it, sound
  OptShape opt;                 ///< of the message
  std::uint16_t client_id = 0;  ///< the message ID that the client waits for
  ByteView question;            ///< the question as the client wrote it
  QueryContext context = {};    ///< of the query
};

/// Appends an answer with its length prefix, as the client is to see it: its own message ID, its
/// own spelling of the question, no options that are for one hop only. False: no memory, and
/// nothing was appended.
[[nodiscard]] bool append_answer(Buffer& out, const Answer& answer);

/// Appends an answer of our own to `query`, with its length prefix: ID, opcode, RD and CD as in the
/// query, its question if `shape` has one, RA set, and an OPT, with the extended error, if and only
/// if `shape` has one (RFC 6891, 7). The query has at least a header. False: no memory, and nothing
/// was appended.
[[nodiscard]] bool append_own_answer(Buffer& out, ByteView query, const QueryShape& shape,
                                     const OwnAnswer& answer);

}  // namespace mooring::server
