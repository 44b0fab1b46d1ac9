// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "server/upstream/connection.hpp"
#include "server/upstream/fair_queue.hpp"
#include "server/upstream/pending_query.hpp"
#include "server/upstream/pool.hpp"

namespace mooring::server {

struct UpstreamPool::Impl {
  Impl(const UpstreamSettings& wanted, UpstreamTransport& carrier, MessageIds& random,
       UpstreamCounters& counted, UpstreamObserver* watcher)
      : settings(wanted),
        transport(carrier),
        ids(random),
        counters(counted),
        observer(watcher),
        servers(wanted.servers, wanted.first_backoff, wanted.last_backoff, watcher),
        waiting(wanted.connections * wanted.in_flight_per_connection) {
    make_connections();
  }

  // Queries (upstream_pool.cpp)
  [[nodiscard]] std::optional<QueryFailure> refusal(const PoolClient& client, const Query& query,
                                                    TimePoint now);
  void place(UpstreamConnection& connection, PendingQuery& query, TimePoint now);
  /// One of those connections that can take a query; null: none, or, when `patient`, none where
  /// this would make a send that is worth its price.
  [[nodiscard]] UpstreamConnection* choose(std::uint64_t among, bool patient) const;
  /// Gives places to those that wait, and opens connections for those that get none.
  void dispatch(TimePoint now);
  /// `at_once`: also where they would be given more together in a moment.
  void give_places(TimePoint now, bool at_once);
  /// Acknowledges what has come where more is owed: everywhere, or where little is.
  void acknowledge(bool everywhere);
  /// Takes a query out of everything and frees it. Its owner must be detached.
  void forget(PendingQuery& query);
  /// Tells its owner, if there is one, and detaches it.
  void fail(PendingQuery& query, QueryFailure why);
  void expire(PendingQuery& query);
  /// Takes all that a connection owes from it.
  void take_back(UpstreamConnection& connection, List<PendingQuery, PlaceTag>& owed);
  /// It has an owner, and its connection is lost.
  void wait_again(PendingQuery& query);
  MessageVerdict on_message(UpstreamConnection& connection, ByteView message);

  // Connections (upstream_connection.cpp)
  void make_connections();
  void set(const UpstreamSettings& wanted, TimePoint now);
  void open_more(TimePoint now);
  /// False: there is no room for one more within `limit` usable ones.
  [[nodiscard]] bool open_one(std::size_t server, std::size_t limit, TimePoint now);
  [[nodiscard]] UpstreamConnection* free_connection(std::size_t limit);
  [[nodiscard]] std::size_t usable() const { return connecting + established - retired; }
  /// The server takes no more connections than it has, or does again.
  void set_at_limit(bool reached);
  void probe_better_server(TimePoint now);
  /// Closes from our side. What it owes is asked again elsewhere.
  void close(UpstreamConnection& connection);
  /// It is closed: what it owes is asked again when there is a place; nobody is told twice.
  void drop(UpstreamConnection& connection);
  void ended(UpstreamConnection& connection, std::string_view reason, TimePoint now);
  void on_due(UpstreamConnection& connection, TimePoint now);
  [[nodiscard]] TimePoint due(const UpstreamConnection& connection) const;
  void update_room(const UpstreamConnection& connection);
  /// Finds the best server with a connection again, and what can be used now.
  void choose_server();

  // Connections that owe too much, and resolvers that are away (upstream_relief.cpp)
  void retire(UpstreamConnection& connection);
  /// Only from where no octets of a connection are being read.
  void close_retired();
  [[nodiscard]] UpstreamConnection* most_stuck(TimePoint now) const;
  /// Opens a connection in place of one whose places are all taken by what stays unanswered.
  void relieve(TimePoint now);
  /// Has the most stuck one retire when there are more usable ones than there should be.
  void replace(UpstreamConnection& by, TimePoint now);
  /// From when on queries need not wait for a resolver; none: not as far as is known.
  [[nodiscard]] std::optional<TimePoint> away_from() const;
  [[nodiscard]] bool away(TimePoint now) const {
    return established == 0 && servers.all_down_since() && *away_from() <= now;
  }
  void fail_waiting();
  /// Looks for resolvers that are away, as long as anybody asks.
  void probe_away(TimePoint now);
  void consider(TimePoint when) { wake_at = wake_at ? std::min(*wake_at, when) : when; }

  UpstreamSettings settings;
  UpstreamTransport& transport;
  MessageIds& ids;
  UpstreamCounters& counters;
  UpstreamObserver* observer;
  UpstreamServers servers;
  BufferPool buffers{std::numeric_limits<std::size_t>::max()};  // bounded by what is in flight
  QuerySlab slab;
  std::vector<std::unique_ptr<UpstreamConnection>> connections;
  List<PendingQuery, DeadlineTag> deadlines;  ///< all alike far ahead, so in order of coming
  FairQueue waiting;                          ///< for a place on a connection
  std::size_t octets = 0;
  std::size_t connecting = 0;
  std::size_t established = 0;
  std::size_t retired = 0;
  std::size_t best_server = 0;  ///< the first in order that has a connection: all go there
  std::uint64_t room = 0;       ///< a bit for each connection that can take a query
  std::uint64_t common = 0;     ///< of these those with more than is kept for who holds little
  std::uint64_t dirty = 0;      ///< a bit for each connection with something to send
  std::uint64_t heard =
      0;  ///< a bit for each that owes more than has come and not been acknowledged
  TimePoint next_probe{};
  TimePoint last_asked{};
  TimePoint last_now{};                ///< of the last call that said it
  bool at_limit = false;               ///< the server takes no more connections than it has
  TimePoint look_at{};                 ///< not before is it looked again for what is stuck
  std::optional<TimePoint> wake_at;    ///< dispatch has something to do then
  std::optional<TimePoint> refill_at;  ///< queries wait though there is room, but not beyond this
  std::optional<TimePoint> acknowledge_at;  ///< answers wait for an acknowledgement, the same
};

}  // namespace mooring::server
