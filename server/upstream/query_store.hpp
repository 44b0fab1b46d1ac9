// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstddef>

#include "server/upstream/pending_query.hpp"
#include "server/upstream/pool_client.hpp"

namespace mooring::server {

/// All queries that a pool has, wherever they are: their memory, their deadlines, and the account
/// of their octets, in total and by client.
class QueryStore {
 public:
  /// Takes a copy of the query of this owner and client. Its deadline must not be before any other.
  [[nodiscard]] PendingQuery& add(QueryOwner& owner, PoolClient& client, const Query& query,
                                  TimePoint deadline);
  /// The query must have no owner, and be on no connection and in no queue any more.
  void remove(PendingQuery& query);

  /// The query with the first deadline of those that have not expired; null: there is none.
  [[nodiscard]] PendingQuery* earliest() const { return deadlines_.front(); }
  /// Its deadline has come: it is not the earliest any more.
  static void expire(PendingQuery& query) { query.ListHook<DeadlineTag>::unlink(); }
  /// No deadline is later than this from now on.
  void cut_deadlines(TimePoint latest);

  [[nodiscard]] std::size_t octets() const { return octets_; }
  [[nodiscard]] std::size_t size() const { return slab_.in_use(); }

 private:
  QuerySlab slab_;
  List<PendingQuery, DeadlineTag> deadlines_;  ///< all alike far ahead, so in order of coming
  std::size_t octets_ = 0;
};

// On the path of each query, and called in one place each: in line.
inline PendingQuery& QueryStore::add(QueryOwner& owner, PoolClient& client, const Query& query,
                                     TimePoint deadline) {
  PendingQuery& pending = slab_.take();
  pending.store(query);
  pending.attach(owner);
  pending.client = &client;
  pending.deadline = deadline;
  deadlines_.push_back(pending);
  octets_ += pending.frame().size();
  client.octets += pending.frame().size();
  return pending;
}

inline void QueryStore::remove(PendingQuery& query) {
  query.ListHook<DeadlineTag>::unlink();
  octets_ -= query.frame().size();
  query.client->octets -= query.frame().size();
  slab_.give_back(query);
}

}  // namespace mooring::server
