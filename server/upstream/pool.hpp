// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "server/base/bytes.hpp"
#include "server/observe/metrics.hpp"
#include "server/upstream/connection_manager.hpp"
#include "server/upstream/query.hpp"
#include "server/upstream/query_store.hpp"
#include "server/upstream/settings.hpp"
#include "server/upstream/transport.hpp"

namespace mooring::server {

/// The connections of one worker to its resolvers, shared by all its clients (RFC 7766, 6.2.1 and
/// 6.2.2): pipelined, answered in any order, with fresh unpredictable message IDs. A connection
/// that has places is filled before another is opened; when all are full queries wait in a bounded
/// queue, in which clients take turns (FairQueue). A connection on which too much stays unanswered
/// is retired: another takes its place, and it is closed when nobody waits for it any more.
/// Queries whose connection is lost, or stays silent for half the query deadline, are sent again on
/// another one; no more than once where a connection brings no answer at all, since some resolvers
/// close after each few answers. When no resolver can be reached, after a grace for one that has
/// just gone, queries fail at once, and only probes are sent while anybody asks. Owns no socket and
/// reads no clock.
class UpstreamPool final : private ConnectionUser {
 public:
  /// All the references must outlive the pool. `observer` may be null. When the pool dies it
  /// forgets all queries without a word to their owners, and closes nothing.
  UpstreamPool(const UpstreamSettings& settings, UpstreamTransport& transport, MessageIds& ids,
               UpstreamCounters& counters, UpstreamObserver* observer,
               const ResolverPolicy& policy = ordered_policy());
  UpstreamPool(const UpstreamPool&) = delete;
  UpstreamPool& operator=(const UpstreamPool&) = delete;

  /// Takes a well-formed query and copies it. Ends in exactly one call of the owner's on_answer or
  /// on_failure, never from inside this function, unless the owner is cancelled before; or returns
  /// why it is not taken.
  [[nodiscard]] std::optional<QueryFailure> submit(QueryOwner& owner, const Query& query,
                                                   TimePoint now);
  /// For owners that are one client together: those of one network (none: an owner by itself).
  [[nodiscard]] PoolClientRef client(const std::optional<ClientAddress>& network);
  /// How many queries one owner may have in flight now, at most `limit`: when the queue of those
  /// that wait fills up, everybody gets less of it, so that nobody is turned away for others.
  /// Whoever has that many gets an answer and can ask again then.
  [[nodiscard]] std::size_t fair_share(std::size_t limit) const;
  /// The owner's queries whose end is still to come, in the order in which they were submitted.
  [[nodiscard]] static std::vector<QueryInFlight> in_flight(const QueryOwner& owner);
  /// Forgets whose the owner's queries are: no call to it comes after this. Their IDs stay taken
  /// until the answers have come.
  void cancel(QueryOwner& owner);

  /// Hands what was submitted in this turn of the loop to the transport: one send a connection, or
  /// an acknowledgement where there is nothing to send and answers are still owed.
  void flush();

  void on_connected(UpstreamId connection, TimePoint now);
  /// Octets from the resolver, cut anywhere.
  void on_data(UpstreamId connection, ByteView octets, TimePoint now);
  /// The connection could not be established, or has ended. `reason` is a few words for a person.
  void on_closed(UpstreamId connection, std::string_view reason, TimePoint now);

  /// Other settings, and perhaps other servers behind the same numbers. All connections are closed;
  /// what they owe is asked again. Queries in flight keep their deadline, or get the one that they
  /// would have if they were asked now, whichever is earlier.
  void set(const UpstreamSettings& settings, TimePoint now);

  /// Does what is due. Call it when next_deadline() has come; any time is harmless.
  void on_time(TimePoint now);
  /// When on_time is to be called next; none: nothing is pending. It may come later than it was
  /// said, never earlier, unless another member function was called in between.
  [[nodiscard]] std::optional<TimePoint> next_deadline() const;

  /// Queries held, waiting ones included, and those whose answer is owed though nobody waits for
  /// it.
  [[nodiscard]] std::size_t pending() const { return queries_.size(); }
  /// Connections that are established.
  [[nodiscard]] std::size_t connected() const { return connections_.established(); }

 private:
  void on_queries_lost(List<PendingQuery, PlaceTag>& owed, bool answered) override;
  void on_places_changed(TimePoint now) override { dispatch(now); }

  [[nodiscard]] std::optional<QueryFailure> refusal(const PoolClient& client, const Query& query,
                                                    TimePoint now);
  void send(UpstreamConnection& connection, PendingQuery& query, TimePoint now);
  /// Gives places to those that wait, and opens connections for those that get none.
  void dispatch(TimePoint now);
  /// `at_once`: also where they would be given more together in a moment.
  void give_places(TimePoint now, bool at_once);
  /// The query, which has an owner, was on a connection that is closed.
  void wait_again(PendingQuery& query);
  /// Takes a query out of everything and frees it. Its owner must be detached.
  void forget(PendingQuery& query);
  /// Tells its owner, if there is one, and detaches it.
  static void fail(PendingQuery& query, QueryFailure why);
  void fail_waiting();
  void expire(PendingQuery& query);
  MessageVerdict on_message(UpstreamConnection& connection, ByteView message);

  UpstreamSettings settings_;
  MessageIds& ids_;
  UpstreamCounters& counters_;
  QueryStore queries_;
  FairQueue waiting_;  ///< for a place on a connection
  ConnectionManager manager_;
  ConnectionSet& connections_;  ///< the manager's
  TimePoint last_asked_{};
  TimePoint last_now_{};  ///< of the last call that said it
  std::optional<TimePoint>
      refill_at_;  ///< queries wait though there are places, but not beyond this
};

}  // namespace mooring::server
