// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "server/observe/metrics.hpp"
#include "server/upstream/connection.hpp"
#include "server/upstream/policy.hpp"
#include "server/upstream/transport.hpp"

namespace mooring::server {

/// The connections of a pool, and the account of them: how many there are of each kind, which can
/// take a query, which have something to send or to acknowledge. Queries go to one resolver at a
/// time. Knows how, not when: ConnectionManager says when one is opened and closed.
class ConnectionSet {
 public:
  /// Both references must live longer. Begins as make() leaves it.
  ConnectionSet(UpstreamTransport& transport, UpstreamCounters& counters, std::size_t count,
                std::size_t in_flight_per_connection)
      : transport_(transport), counters_(counters) {
    make(count, in_flight_per_connection);
  }
  ConnectionSet(const ConnectionSet&) = delete;
  ConnectionSet& operator=(const ConnectionSet&) = delete;

  /// Makes `count` closed connections, at most 64, in place of those that are, which must be closed
  /// or owe nothing.
  void make(std::size_t count, std::size_t in_flight_per_connection);

  [[nodiscard]] UpstreamConnection& at(UpstreamId id) const {
    return *connections_[static_cast<std::size_t>(id)];
  }
  /// The one that the query is on.
  [[nodiscard]] UpstreamConnection& of(const PendingQuery& query) const {
    return *connections_[query.connection];
  }
  [[nodiscard]] auto begin() const { return connections_.begin(); }
  [[nodiscard]] auto end() const { return connections_.end(); }
  [[nodiscard]] std::size_t connecting() const { return connecting_; }
  [[nodiscard]] std::size_t established() const { return established_; }
  [[nodiscard]] std::size_t retired() const { return retired_; }
  /// Those that take queries or are going to.
  [[nodiscard]] std::size_t usable() const { return connecting_ + established_ - retired_; }

  /// False: it cannot be started, and is still closed. `limit`: queries on it to begin with.
  [[nodiscard]] bool open(UpstreamConnection& connection, std::size_t resolver, std::size_t limit,
                          TimePoint now);
  void connected(UpstreamConnection& connection, TimePoint now);
  void retire(UpstreamConnection& connection);
  /// It is over; where that is not known to the transport, close_transport() comes before. What it
  /// owed is in `owed`, each query lost.
  void closed(UpstreamConnection& connection, List<PendingQuery, PlaceTag>& owed);
  void close_transport(const UpstreamConnection& connection) { transport_.close(connection.id()); }
  /// Of the resolvers with a connection that takes queries the one that `policy` prefers is in use
  /// from now on; `otherwise` where there is none.
  void choose_resolver(const ResolverPolicy& policy, std::size_t otherwise);
  [[nodiscard]] std::size_t resolver_in_use() const { return in_use_; }

  /// Whether any connection can take a query.
  [[nodiscard]] bool has_place() const { return with_place_ != 0; }
  /// One that can take a query; null: none, or, when `patient`, none where this would make a send
  /// that is worth its price. `common`: only where there are more places than what is kept for
  /// those who hold little.
  [[nodiscard]] UpstreamConnection* choose(bool common, bool patient) const;
  /// Sends a query, at the next flush(), on a connection that can take it.
  void send(UpstreamConnection& connection, PendingQuery& query, MessageIds& ids, TimePoint now);
  /// The query on a connection is owed no answer any more.
  void remove(PendingQuery& query);
  /// The query on a connection has reached its deadline, but its ID stays taken. True: so many have
  /// that the connection has few places for others.
  [[nodiscard]] bool expired(const PendingQuery& query);

  /// Octets have come: calls `take` with each whole message.
  template <class Taker>
  FramerState receive(UpstreamConnection& connection, ByteView octets, TimePoint now,
                      Taker&& take) {
    connection.quiet_since_ = now;
    heard_from(connection, now);
    return connection.in_.feed(octets, take);
  }
  /// One of the messages was an answer.
  void answered(UpstreamConnection& connection) {
    ++connection.answers_;
    if (connection.limit_ < connection.most_) ++connection.limit_;
  }
  /// True the first time that it is asked on this connection.
  [[nodiscard]] bool prove(UpstreamConnection& connection) {
    return !std::exchange(connection.proven_, true);
  }

  /// Sends what is to be sent, and acknowledges where little is owed.
  void flush();
  /// Acknowledges what has come where more is owed, everywhere.
  void acknowledge_all() { acknowledge(true); }
  /// When that is due; none: nothing is to be acknowledged.
  [[nodiscard]] std::optional<TimePoint> acknowledge_at() const { return acknowledge_at_; }

 private:
  /// A bit for each connection, by its number.
  using Mask = std::uint64_t;

  [[nodiscard]] static Mask bit(const UpstreamConnection& connection) {
    return Mask{1} << static_cast<unsigned>(connection.id_);
  }
  [[nodiscard]] UpstreamConnection& first(Mask among) const {
    return *connections_[static_cast<std::size_t>(std::countr_zero(among))];
  }
  void update_places(const UpstreamConnection& connection);
  void heard_from(const UpstreamConnection& connection, TimePoint now);
  void acknowledge(bool everywhere);

  UpstreamTransport& transport_;
  UpstreamCounters& counters_;
  BufferPool buffers_{std::numeric_limits<std::size_t>::max()};  // bounded by what is in flight
  std::vector<std::unique_ptr<UpstreamConnection>> connections_;
  std::size_t in_flight_per_connection_ = 1;
  std::size_t connecting_ = 0;
  std::size_t established_ = 0;
  std::size_t retired_ = 0;  ///< of the established
  std::size_t in_use_ = 0;   ///< the resolver
  Mask with_place_ = 0;      ///< can take a query
  Mask common_ = 0;          ///< of these: more than is kept for those who hold little
  Mask unsent_ = 0;          ///< something is to be sent
  Mask unacknowledged_ = 0;  ///< something has come, and nothing was sent since
  std::optional<TimePoint> acknowledge_at_;
};

}  // namespace mooring::server
