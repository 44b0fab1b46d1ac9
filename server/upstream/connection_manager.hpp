// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>

#include "server/observe/metrics.hpp"
#include "server/upstream/connection_set.hpp"
#include "server/upstream/fair_queue.hpp"
#include "server/upstream/resolvers.hpp"
#include "server/upstream/settings.hpp"

namespace mooring::server {

/// Whose queries the connections are for.
class ConnectionUser {
 public:
  /// A connection is closed: its queries are to be sent again, or fail. `answered`: it had brought
  /// answers.
  virtual void on_queries_lost(List<PendingQuery, PlaceTag>& owed, bool answered) = 0;
  /// There may be other places than before.
  virtual void on_places_changed(TimePoint now) = 0;

 protected:
  ~ConnectionUser() = default;
};

/// Sees to it that there are as many connections as the waiting queries need, to the resolver that
/// is to be used: opens and closes them, retires those that owe too much, and looks for resolvers
/// that are away. Knows when, not how: ConnectionSet has the account.
class ConnectionManager {
 public:
  /// All references must live longer. `settings` are those of the pool, which may change them and
  /// then calls restart(); `waiting` is looked at, and told how many places there are.
  ConnectionManager(const UpstreamSettings& settings, UpstreamTransport& transport,
                    UpstreamCounters& counters, Resolvers resolvers, FairQueue& waiting,
                    ConnectionUser& user);

  [[nodiscard]] ConnectionSet& connections() { return connections_; }
  [[nodiscard]] const ConnectionSet& connections() const { return connections_; }
  /// Closes what is open. What was owed is in `owed`.
  void close_all(List<PendingQuery, PlaceTag>& owed);
  /// Begins anew after the settings have changed, with everything closed.
  void restart();

  void connected(UpstreamConnection& connection, TimePoint now);
  /// Answers have come on the connection, now or before.
  void answered(UpstreamConnection& connection) {
    resolvers_.answered(connection.resolver(), connections_.prove(connection));
  }
  /// The connection could not be established, or has ended.
  void ended(UpstreamConnection& connection, std::string_view reason, TimePoint now);
  /// It takes no more queries, unless too many are retired already.
  void retire(UpstreamConnection& connection);
  /// Only from where no octets of a connection are being read.
  void close_retired();

  /// Opens as many as it takes to give a place to all that may have one, within the limit.
  void open_more(TimePoint now);
  /// Opens a connection in place of one whose places are all taken by what stays unanswered.
  void relieve(TimePoint now);
  /// Another resolver than the preferred one is in use: looks now and then whether a better one is
  /// back.
  void probe_better(TimePoint now);
  [[nodiscard]] bool better_may_be_back() const {
    return connections_.resolver_in_use() != resolvers_.favourite();
  }
  /// Looks for resolvers that are away, as long as anybody asks.
  void probe_away(TimePoint now, TimePoint last_asked);
  [[nodiscard]] bool all_down() const { return resolvers_.all_down_since().has_value(); }
  /// No resolver can be reached, and queries need not wait for one any more.
  [[nodiscard]] bool away(TimePoint now) const {
    return connections_.established() == 0 && all_down() && *away_from() <= now;
  }

  /// Closes what has been retired, quiet or idle for too long.
  void on_time(TimePoint now);
  /// When on_time() has something to do.
  [[nodiscard]] std::optional<TimePoint> next_deadline() const;
  /// When it is to be tried again to open connections; none: not known to be of use.
  [[nodiscard]] std::optional<TimePoint> retry_at() const { return retry_at_; }
  void retry_by(TimePoint when) { retry_at_ = retry_at_ ? std::min(*retry_at_, when) : when; }
  /// It is tried now.
  void clear_retry() { retry_at_.reset(); }

 private:
  [[nodiscard]] bool open_one(std::size_t resolver, std::size_t limit, TimePoint now);
  [[nodiscard]] UpstreamConnection* free_connection(std::size_t limit);
  void close(UpstreamConnection& connection);
  void drop(UpstreamConnection& connection);
  void choose_resolver();
  void set_at_limit(bool reached);
  [[nodiscard]] UpstreamConnection* most_stuck(TimePoint now) const;
  void replace(UpstreamConnection& by, TimePoint now);
  [[nodiscard]] std::optional<TimePoint> away_from() const;
  void on_due(UpstreamConnection& connection, TimePoint now);
  [[nodiscard]] TimePoint due(const UpstreamConnection& connection) const;

  const UpstreamSettings& settings_;
  UpstreamCounters& counters_;
  FairQueue& waiting_;
  ConnectionUser& user_;
  Resolvers resolvers_;
  ConnectionSet connections_;
  bool at_limit_ = false;  ///< the resolver takes no more connections than it has
  TimePoint next_probe_{};
  TimePoint look_at_{};  ///< not before is it looked again for what is stuck
  std::optional<TimePoint> retry_at_;
};

}  // namespace mooring::server
