// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/connection_manager.hpp"

#include <utility>

namespace mooring::server {
namespace {

/// A query that has been without an answer for so long may stay so.
constexpr Milliseconds kStuck{50};
/// How soon it is looked again whether a connection is stuck.
constexpr Milliseconds kLookAgain{10};
/// For how long resolvers that are away are looked for after the last query.
constexpr Milliseconds kInterest{10'000};

}  // namespace

ConnectionManager::ConnectionManager(const UpstreamSettings& settings, UpstreamTransport& transport,
                                     UpstreamCounters& counters, Resolvers resolvers,
                                     FairQueue& waiting, ConnectionUser& user)
    : settings_(settings),
      counters_(counters),
      waiting_(waiting),
      user_(user),
      resolvers_(std::move(resolvers)),
      connections_(transport, counters, settings.connections + settings.spare(),
                   settings.in_flight_per_connection) {}

void ConnectionManager::close_all(List<PendingQuery, PlaceTag>& owed) {
  for (const auto& connection : connections_) {
    if (!connection->live()) continue;
    connections_.close_transport(*connection);
    connections_.closed(*connection, owed);
  }
}

void ConnectionManager::restart() {
  resolvers_.set(settings_.servers, {settings_.first_backoff, settings_.last_backoff});
  waiting_.set_places(settings_.places());
  connections_.make(settings_.connections + settings_.spare(), settings_.in_flight_per_connection);
  choose_resolver();
  next_probe_ = look_at_ = {};
  at_limit_ = false;
}

void ConnectionManager::connected(UpstreamConnection& connection, TimePoint now) {
  connections_.connected(connection, now);
  counters_.connections_opened.add();
  resolvers_.connected(connection.resolver());
  set_at_limit(false);
  replace(connection, now);
  choose_resolver();
}

void ConnectionManager::ended(UpstreamConnection& connection, std::string_view reason,
                              TimePoint now) {
  const bool was_established = connection.established();
  const bool owed_answers = connection.owed() != 0;
  const std::size_t answers = connection.answers();
  const std::size_t resolver = connection.resolver();
  drop(connection);
  if (!was_established) {
    counters_.connections_failed.add();
    resolvers_.failed(resolver, false, reason, now);
    set_at_limit(resolvers_.at(resolver).connections() > 0);
  } else if (owed_answers) {
    counters_.connections_lost.add();
    if (answers != 0) {
      resolvers_.lost(resolver, answers, reason, now);
    } else {
      resolvers_.failed(resolver, true, reason, now);
    }
  }
  user_.on_places_changed(now);
}

void ConnectionManager::retire(UpstreamConnection& connection) {
  const bool open = connection.state() == ConnectionState::open;
  if (!open || connections_.retired() >= settings_.spare()) return;
  connections_.retire(connection);
  choose_resolver();
}

void ConnectionManager::close_retired() {
  if (connections_.retired() == 0) return;
  for (const auto& connection : connections_) {
    if (connection->state() != ConnectionState::retired || connection->owes_somebody()) continue;
    counters_.connections_retired.add();
    close(*connection);
  }
}

void ConnectionManager::open_more(TimePoint now) {
  if (at_limit_ && resolvers_.choose(now)) set_at_limit(false);
  if (at_limit_) retry_by(resolvers_.retry_at());
  for (std::size_t served = connections_.connecting() * settings_.in_flight_per_connection;
       waiting_.size() > served && waiting_.next(now) != nullptr;) {
    const auto resolver = resolvers_.choose(now);
    if (!resolver) return retry_by(resolvers_.retry_at());
    const std::size_t before = connections_.connecting();
    if (!open_one(*resolver, settings_.connections, now)) return;
    if (connections_.connecting() == before) continue;  // it has failed already
    served += std::min(settings_.in_flight_per_connection, resolvers_.at(*resolver).window());
  }
}

/// False: there can be no more within `limit` usable ones.
bool ConnectionManager::open_one(std::size_t resolver, std::size_t limit, TimePoint now) {
  UpstreamConnection* const connection = free_connection(limit);
  if (connection == nullptr) return false;
  if (!connections_.open(*connection, resolver, resolvers_.at(resolver).window(), now)) {
    counters_.connections_failed.add();
    resolvers_.failed(resolver, false, "no connection can be started", now);
  }
  return true;
}

UpstreamConnection* ConnectionManager::free_connection(std::size_t limit) {
  const bool within = connections_.usable() < limit;
  for (const auto& connection : connections_) {
    if (within && !connection->live()) return connection.get();
  }
  for (const auto& connection : connections_) {
    if (connection->idle() && connection->resolver() != connections_.resolver_in_use()) {
      close(*connection);
      return connection.get();
    }
  }
  return nullptr;
}

/// Its connection takes over as soon as it is established, and the others close when idle for long.
void ConnectionManager::probe_better(TimePoint now) {
  if (now < next_probe_) return;
  next_probe_ = now + settings_.first_backoff;
  const auto resolver = resolvers_.choose(now);
  if (connections_.connecting() == 0 && resolver &&
      resolvers_.policy().prefers(*resolver, connections_.resolver_in_use())) {
    (void)open_one(*resolver, settings_.connections, now);
  }
}

void ConnectionManager::close(UpstreamConnection& connection) {
  connections_.close_transport(connection);
  drop(connection);
}

void ConnectionManager::drop(UpstreamConnection& connection) {
  List<PendingQuery, PlaceTag> owed;
  const bool answered = connection.answers() != 0;
  if (connection.established()) resolvers_.gone(connection.resolver());
  connections_.closed(connection, owed);
  choose_resolver();
  user_.on_queries_lost(owed, answered);
}

void ConnectionManager::choose_resolver() {
  connections_.choose_resolver(resolvers_.policy(), resolvers_.favourite());
}

/// The resolver takes no more connections than it has, or does again.
void ConnectionManager::set_at_limit(bool reached) {
  at_limit_ = reached;
  const std::size_t count =
      reached ? std::max<std::size_t>(connections_.usable(), 1) : settings_.connections;
  waiting_.set_places(count * settings_.in_flight_per_connection);
}

UpstreamConnection* ConnectionManager::most_stuck(TimePoint now) const {
  UpstreamConnection* found = nullptr;
  std::size_t at_least = 1;
  for (const auto& connection : connections_) {
    if (connection->state() != ConnectionState::open) continue;
    const std::size_t count = connection->sent_by(now - kStuck);
    if (count < at_least || 2 * count < connection->limit()) continue;
    at_least = count + 1;
    found = connection.get();
  }
  return found;
}

/// Somebody below his share waits, and all places are taken: where that is by queries that are not
/// answered soon, as one client can ask them, he gets other places. What is owed stays where it is.
void ConnectionManager::relieve(TimePoint now) {
  if (connections_.has_place() || connections_.connecting() != 0 || connections_.established() == 0)
    return;
  if (connections_.usable() < settings_.connections || connections_.retired() >= settings_.spare())
    return;
  if (now < look_at_) return retry_by(look_at_);
  if (waiting_.next(now) == nullptr) return;
  look_at_ = now + kLookAgain;
  const auto resolver = resolvers_.choose(now);
  if (!resolver || most_stuck(now) == nullptr) return retry_by(look_at_);
  (void)open_one(*resolver, settings_.connections + 1, now);
}

/// Has the most stuck one retire when there are more usable ones than there should be.
void ConnectionManager::replace(UpstreamConnection& by, TimePoint now) {
  if (connections_.usable() <= settings_.connections) return;
  UpstreamConnection* const old = most_stuck(now);
  retire(old != nullptr ? *old : by);
}

/// From when on queries need not wait for a resolver; none: not as far as is known.
std::optional<TimePoint> ConnectionManager::away_from() const {
  const auto since = resolvers_.all_down_since();
  if (!since) return std::nullopt;
  const Milliseconds grace = resolvers_.worked() ? settings_.grace : settings_.first_grace;
  return *since + std::min(grace, settings_.query_deadline / 2);
}

void ConnectionManager::probe_away(TimePoint now, TimePoint last_asked) {
  if (connections_.established() != 0) return;
  if (waiting_.size() != 0) retry_by(*away_from());
  if (now - last_asked >= kInterest) {
    if (connections_.connecting() == 0) resolvers_.forget_outage();
    return;
  }
  while (connections_.connecting() == 0) {
    const auto resolver = resolvers_.choose(now);
    if (!resolver) return retry_by(resolvers_.retry_at());
    if (!open_one(*resolver, settings_.connections, now)) return;
  }
}

void ConnectionManager::on_time(TimePoint now) {
  close_retired();
  for (const auto& connection : connections_) {
    if (connection->live() && due(*connection) <= now) on_due(*connection, now);
  }
}

std::optional<TimePoint> ConnectionManager::next_deadline() const {
  TimePoint next = TimePoint::max();
  for (const auto& connection : connections_) {
    if (connection->live()) next = std::min(next, due(*connection));
  }
  return next == TimePoint::max() ? std::nullopt : std::optional(next);
}

TimePoint ConnectionManager::due(const UpstreamConnection& connection) const {
  if (connection.state() == ConnectionState::connecting) {
    return connection.quiet_since() + settings_.connect_timeout;
  }
  if (connection.idle()) return connection.quiet_since() + settings_.idle_timeout;
  return connection.quiet_since() + settings_.query_deadline / 2;
}

void ConnectionManager::on_due(UpstreamConnection& connection, TimePoint now) {
  if (connection.state() == ConnectionState::connecting) {
    connections_.close_transport(connection);
    ended(connection, "no connection in time", now);
  } else if (connection.idle()) {
    close(connection);
  } else {
    const std::size_t resolver = connection.resolver();
    const bool was_retired = connection.state() == ConnectionState::retired;
    counters_.connections_retired.add();
    close(connection);
    if (!was_retired) resolvers_.stalled(resolver, now);
  }
}

}  // namespace mooring::server
