// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <unordered_map>

#include "server/base/client_address.hpp"
#include "server/memory/intrusive_list.hpp"
#include "server/upstream/pending_query.hpp"
#include "server/upstream/pool_client.hpp"

namespace mooring::server {

/// The queries that wait for a place on a connection. Clients take turns, and each client's own
/// queries come in order. A turn is a sixteenth of all places long, so that what one client has
/// asked at once is answered together and written to it together; but no longer than its share.
/// While others wait as well, a client whose queries hold its share of the places has no turn; with
/// nobody else about it may have all of them. When somebody else has been about lately an eighth of
/// the places is kept for those who hold little, so that who comes next need not wait for others'
/// answers. Every function takes constant time, amortised; only client() allocates. Knows nothing
/// of connections.
class FairQueue {
 public:
  /// `places`: on all connections, at least 1.
  explicit FairQueue(std::size_t places) : places_(places) {}
  /// The queries leave it; owners may live on.
  ~FairQueue();
  FairQueue(const FairQueue&) = delete;
  FairQueue& operator=(const FairQueue&) = delete;

  /// The client of this network; none: a new one, for one owner by itself.
  [[nodiscard]] PoolClientRef client(const std::optional<ClientAddress>& network);
  /// The client asks now.
  void seen(const PoolClient& client, TimePoint now);
  void set_places(std::size_t places) { places_ = places; }

  /// The query waits, behind the others of its client.
  void push(PendingQuery& query);
  /// The query waits, before those that have not been sent yet.
  void push_again(PendingQuery& query);
  /// Whose turn it is: the query that a free place is for, which goes on waiting until take().
  /// Null: nobody waits who may have one.
  [[nodiscard]] PendingQuery* next(TimePoint now) {
    return waiting_ == 0 ? nullptr : find_next(now);
  }
  /// Any that waits; null: none does.
  [[nodiscard]] PendingQuery* any() const;
  /// It waits no more, and is a part of its client's turn.
  void take(PendingQuery& query);
  /// The same without a turn.
  void remove(PendingQuery& query);

  /// Whether the client may have one more place, as things are.
  [[nodiscard]] bool may_hold(const PoolClient& client, TimePoint now) const {
    return client.held < share(now);
  }
  /// Whether places are kept for those who hold little.
  [[nodiscard]] bool keeps(TimePoint now) const;
  /// Whether places remain free when all that wait have what they may have. Quick, so that where it
  /// would take long to tell the answer is no.
  [[nodiscard]] bool leaves_places(TimePoint now) const;
  /// A query of the client has got a place, or has given it back. The latter may destroy a client
  /// that has no owner.
  void hold(PoolClient& client) {
    ++client.held;
    ++held_;
  }
  void release(PoolClient& client);

  /// How many queries wait.
  [[nodiscard]] std::size_t size() const { return waiting_; }
  /// Distinct clients that have an owner or a query.
  [[nodiscard]] std::size_t clients() const { return client_count_; }

 private:
  friend class PoolClientRef;
  [[nodiscard]] PendingQuery* find_next(TimePoint now);
  /// How many places a client may have while it is one of those that wait.
  [[nodiscard]] std::size_t share(TimePoint now) const;
  void came(PoolClient& client);
  void forget(PoolClient& client);

  std::size_t places_;
  std::size_t waiting_ = 0;
  std::size_t waiting_clients_ = 0;
  std::size_t client_count_ = 0;
  std::size_t held_ = 0;     ///< places, by all
  List<PoolClient> turns_;   ///< those that wait, in the order of their turns
  List<PoolClient> sated_;   ///< those that wait and had a share of `sated_at_` or more
  List<PoolClient> others_;  ///< those that do not wait
  std::size_t sated_at_ = 0;
  const PoolClient* turn_of_ = nullptr;  ///< who is in the middle of its turn; none: nobody
  std::size_t turn_taken_ = 0;           ///< queries in that turn
  const PoolClient* last_ = nullptr;     ///< who asked last
  std::optional<TimePoint> changed_;     ///< when that was another one than before
  std::unordered_map<ClientAddress, PoolClient*, ClientAddressHash> by_network_;
};

}  // namespace mooring::server
