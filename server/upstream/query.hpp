// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "server/base/bytes.hpp"
#include "server/dns/answer_writer.hpp"
#include "server/dns/message.hpp"
#include "server/dns/query_context.hpp"
#include "server/memory/intrusive_list.hpp"
#include "server/upstream/pool_client.hpp"

namespace mooring::server {

/// Why a query has got no answer from a resolver.
enum class QueryFailure : std::uint8_t {
  timeout,      ///< no answer before the deadline
  lost,         ///< its connections were lost
  malformed,    ///< the answer could not be passed on
  unreachable,  ///< no resolver can be reached
  overflow,     ///< too much is waiting already
};

/// A client's well-formed query: the message, valid during the call, what was found in it, and what
/// else is known of it.
struct Query {
  ByteView message;
  QueryShape shape;
  QueryContext context = {};
};

/// A query that waits for its answer, as plain values: to be asked again, by the same process or
/// another.
struct QueryInFlight {
  std::vector<std::byte> message;  ///< with the client's ID, without options for one hop only
  QueryContext context;
};

struct OwnerTag;
struct PendingQuery;

/// The queries in the pool that one owner waits for.
struct OwnedQueries {
  List<PendingQuery, OwnerTag> list;
  std::size_t count = 0;
};

/// Whoever asks the upstream pool and gets the answers. With queries in flight it must be cancelled
/// before it dies. Neither function may call the pool, except for cancel().
class QueryOwner {
 public:
  virtual void on_answer(const Answer& answer) = 0;
  /// `query` is what was submitted, without options for one hop only. `query.shape.id` is the
  /// client's ID; the one in the message is not.
  virtual void on_failure(const Query& query, QueryFailure why) = 0;

  /// The queries submitted whose end is still to come.
  [[nodiscard]] std::size_t in_flight() const { return owned_.count; }
  /// For the pool alone.
  [[nodiscard]] OwnedQueries& owned_queries() { return owned_; }
  [[nodiscard]] const OwnedQueries& owned_queries() const { return owned_; }
  [[nodiscard]] PoolClientRef& pool_client() { return client_; }

 protected:
  QueryOwner() = default;  ///< a client by itself
  explicit QueryOwner(PoolClientRef client) : client_(std::move(client)) {}
  ~QueryOwner() = default;
  QueryOwner(const QueryOwner&) = delete;
  QueryOwner& operator=(const QueryOwner&) = delete;

 private:
  PoolClientRef client_;
  OwnedQueries owned_;
};

/// Unpredictable 16-bit numbers: message IDs must not be guessable (RFC 5452, 9.2).
class MessageIds {
 public:
  [[nodiscard]] virtual std::uint16_t next() = 0;

 protected:
  ~MessageIds() = default;
};

}  // namespace mooring::server
