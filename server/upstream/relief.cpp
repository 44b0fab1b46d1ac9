// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "server/upstream/pool_impl.hpp"

namespace mooring::server {
namespace {

/// A query that has been without an answer for so long may stay so.
constexpr Milliseconds kStuck{50};
/// How soon it is looked again whether a connection is stuck.
constexpr Milliseconds kLookAgain{10};
/// For how long resolvers that are away are looked for after the last query.
constexpr Milliseconds kInterest{10'000};

/// How many queries on the connection have been there for long. Those sent first are in front.
std::size_t stuck(const UpstreamConnection& connection, TimePoint now) {
  std::size_t count = 0;
  connection.queries.visit([&](const PendingQuery& query) {
    if (now - query.sent_at < kStuck) return false;
    ++count;
    return true;
  });
  return count;
}

}  // namespace

void UpstreamPool::Impl::set_at_limit(bool reached) {
  at_limit = reached;
  const std::size_t count = reached ? std::max<std::size_t>(usable(), 1) : settings.connections;
  waiting.set_places(count * settings.in_flight_per_connection);
}

void UpstreamPool::Impl::retire(UpstreamConnection& connection) {
  if (connection.retired || retired >= settings.spare()) return;
  connection.retired = true;
  ++retired;
  choose_server();
}

void UpstreamPool::Impl::close_retired() {
  for (const auto& connection : connections) {
    if (!connection->retired || connection->owes_somebody()) continue;
    counters.connections_retired.add();
    close(*connection);
  }
}

UpstreamConnection* UpstreamPool::Impl::most_stuck(TimePoint now) const {
  UpstreamConnection* found = nullptr;
  std::size_t at_least = 1;
  for (const auto& connection : connections) {
    if (connection->state != ConnectionState::open || connection->retired) continue;
    const std::size_t count = stuck(*connection, now);
    if (count < at_least || 2 * count < connection->limit) continue;
    at_least = count + 1;
    found = connection.get();
  }
  return found;
}

/// Somebody below his share waits, and all places are taken: where that is by queries that are not
/// answered soon, as one client can ask them, he gets other places. What is owed stays where it is.
void UpstreamPool::Impl::relieve(TimePoint now) {
  if (room != 0 || connecting != 0 || established == 0) return;
  if (usable() < settings.connections || retired >= settings.spare()) return;
  if (now < look_at) return consider(look_at);
  if (waiting.next(now) == nullptr) return;
  look_at = now + kLookAgain;
  const auto server = servers.choose(now);
  if (!server || most_stuck(now) == nullptr) {
    return consider(look_at);
  }
  (void)open_one(*server, settings.connections + 1, now);
}

void UpstreamPool::Impl::replace(UpstreamConnection& by, TimePoint now) {
  if (usable() <= settings.connections) return;
  UpstreamConnection* const old = most_stuck(now);
  retire(old != nullptr ? *old : by);
}

std::optional<TimePoint> UpstreamPool::Impl::away_from() const {
  const auto since = servers.all_down_since();
  if (!since) return std::nullopt;
  const Milliseconds grace = servers.worked() ? settings.grace : settings.first_grace;
  return *since + std::min(grace, settings.query_deadline / 2);
}

void UpstreamPool::Impl::fail_waiting() {
  while (PendingQuery* const query = waiting.any()) {
    counters.failed_fast.add();
    fail(*query, QueryFailure::unreachable);
    forget(*query);
  }
}

void UpstreamPool::Impl::probe_away(TimePoint now) {
  if (established != 0) return;
  if (waiting.size() != 0) consider(*away_from());
  if (now - last_asked >= kInterest) {
    if (connecting == 0) servers.forget_outage();
    return;
  }
  while (connecting == 0) {
    const auto server = servers.choose(now);
    if (!server) return consider(servers.retry_at());
    if (!open_one(*server, settings.connections, now)) return;
  }
}

}  // namespace mooring::server
