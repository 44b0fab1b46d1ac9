// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "server/pending_query.hpp"
#include "server/upstream_connection.hpp"
#include "server/upstream_pool.hpp"

namespace mooring::server {

struct UpstreamPool::Impl {
  Impl(const UpstreamSettings& wanted, UpstreamTransport& carrier, MessageIds& random,
       UpstreamCounters& counted, UpstreamObserver* watcher)
      : settings(wanted),
        transport(carrier),
        ids(random),
        counters(counted),
        observer(watcher),
        servers(wanted.servers, wanted.first_backoff, wanted.last_backoff, watcher) {
    make_connections();
  }

  // Queries (upstream_pool.cpp)
  [[nodiscard]] std::optional<QueryFailure> refusal(const Query& query, TimePoint now);
  void place(UpstreamConnection& connection, PendingQuery& query, TimePoint now);
  /// A connection that can take a query; null: none can, or, when `patient`, none where this would
  /// make a send that is worth its price.
  [[nodiscard]] UpstreamConnection* choose(bool patient) const;
  /// Gives places to those that wait, and opens connections for those that get none.
  void dispatch(TimePoint now);
  /// Acknowledges what has come where more is owed: everywhere, or where little is.
  void acknowledge(bool everywhere);
  /// Takes a query out of everything and frees it. Its owner must be detached.
  void forget(PendingQuery& query);
  /// Tells its owner, if there is one, and detaches it.
  void fail(PendingQuery& query, QueryFailure why);
  void expire(PendingQuery& query);
  Take on_message(UpstreamConnection& connection, ByteView message);

  // Connections (upstream_connection.cpp)
  void make_connections();
  void set(const UpstreamSettings& wanted, TimePoint now);
  void open_more(TimePoint now);
  [[nodiscard]] bool open_one(std::size_t server, TimePoint now);
  [[nodiscard]] UpstreamConnection* free_connection();
  [[nodiscard]] bool can_open() const;
  void probe_better_server(TimePoint now);
  /// Closes from our side. What it owes is asked again elsewhere.
  void close(UpstreamConnection& connection);
  /// It is closed: what it owes is asked again, once, when there is a place; nobody is told twice.
  void drop(UpstreamConnection& connection);
  void ended(UpstreamConnection& connection, std::string_view reason, TimePoint now);
  void close_retired();
  void on_due(UpstreamConnection& connection, TimePoint now);
  [[nodiscard]] TimePoint due(const UpstreamConnection& connection) const;
  void update_room(const UpstreamConnection& connection);
  /// Finds the best server with a connection again, and what can be used now.
  void choose_server();

  UpstreamSettings settings;
  UpstreamTransport& transport;
  MessageIds& ids;
  UpstreamCounters& counters;
  UpstreamObserver* observer;
  UpstreamServers servers;
  BufferPool buffers{std::numeric_limits<std::size_t>::max()};  // bounded by what is in flight
  QuerySlab slab;
  std::vector<std::unique_ptr<UpstreamConnection>> connections;
  List<PendingQuery, PlaceTag> waiting;       ///< for a place on a connection, first come first
  List<PendingQuery, DeadlineTag> deadlines;  ///< all alike far ahead, so in order of coming
  std::size_t waiting_count = 0;
  std::size_t octets = 0;
  std::size_t connecting = 0;
  std::size_t best_server = 0;  ///< the first in order that has a connection: all go there
  std::uint64_t room = 0;       ///< a bit for each connection that can take a query
  std::uint64_t retired = 0;    ///< a bit for each that is to be closed when nobody waits for it
  std::uint64_t dirty = 0;      ///< a bit for each connection with something to send
  std::uint64_t heard =
      0;  ///< a bit for each that owes more than has come and not been acknowledged
  TimePoint next_probe{};
  std::optional<TimePoint> refill_at;  ///< queries wait though there is room, but not beyond this
  std::optional<TimePoint> acknowledge_at;  ///< answers wait for an acknowledgement, the same
};

}  // namespace mooring::server
