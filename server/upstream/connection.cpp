// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/connection.hpp"

#include <algorithm>

#include "server/upstream/pool_impl.hpp"

namespace mooring::server {
namespace {

/// For how long an acknowledgement may wait for a query to ride on.
constexpr Milliseconds kAcknowledgeDelay{1};
/// How many times a query is sent at most.
constexpr std::size_t kMostSends = 32;

}  // namespace

void UpstreamPool::Impl::make_connections() {
  connections.clear();
  for (std::size_t i = 0; i < settings.connections + settings.spare(); ++i) {
    connections.push_back(std::make_unique<UpstreamConnection>(
        static_cast<std::uint8_t>(i), settings.in_flight_per_connection, buffers));
  }
}

void UpstreamPool::Impl::set(const UpstreamSettings& wanted, TimePoint now) {
  for (const auto& connection : connections) {
    if (connection->state == ConnectionState::closed) continue;
    transport.close(UpstreamId{connection->index});
    List<PendingQuery, PlaceTag> owed;
    take_back(*connection, owed);
    while (PendingQuery* const query = owed.front()) {
      if (query->owner == nullptr) {
        forget(*query);
      } else {
        wait_again(*query);
      }
    }
  }
  settings = wanted;
  // Those in front have the earliest, so that the list remains in order.
  deadlines.visit([&](PendingQuery& query) {
    query.deadline = std::min(query.deadline, now + settings.query_deadline);
    return true;
  });
  servers =
      UpstreamServers(settings.servers, settings.first_backoff, settings.last_backoff, observer);
  waiting.set_places(settings.connections * settings.in_flight_per_connection);
  make_connections();
  connecting = established = retired = best_server = 0;
  room = common = dirty = heard = 0;
  next_probe = look_at = {};
  at_limit = false;
  dispatch(now);
}

/// Opens as many as it takes to give a place to all that may have one, within the limit.
void UpstreamPool::Impl::open_more(TimePoint now) {
  if (at_limit && servers.choose(now)) set_at_limit(false);
  if (at_limit) consider(servers.retry_at());
  for (std::size_t served = connecting * settings.in_flight_per_connection;
       waiting.size() > served && waiting.next(now) != nullptr;) {
    const auto server = servers.choose(now);
    if (!server) return consider(servers.retry_at());
    const std::size_t before = connecting;
    if (!open_one(*server, settings.connections, now)) return;
    if (connecting == before) continue;  // it has failed already
    served += std::min(settings.in_flight_per_connection, servers.window(*server));
  }
}

bool UpstreamPool::Impl::open_one(std::size_t server, std::size_t limit, TimePoint now) {
  UpstreamConnection* const connection = free_connection(limit);
  if (connection == nullptr) return false;
  if (!transport.open(UpstreamId{connection->index}, server)) {
    counters.connections_failed.add();
    servers.failed(server, false, "no connection can be started", now);
    return true;
  }
  connection->state = ConnectionState::connecting;
  connection->server = server;
  connection->limit = std::min(settings.in_flight_per_connection, servers.window(server));
  connection->quiet_since = now;
  ++connecting;
  return true;
}

UpstreamConnection* UpstreamPool::Impl::free_connection(std::size_t limit) {
  const bool within = usable() < limit;
  for (const auto& connection : connections) {
    if (within && connection->state == ConnectionState::closed) return connection.get();
  }
  for (const auto& connection : connections) {
    if (connection->idle() && connection->server != best_server) {
      close(*connection);
      return connection.get();
    }
  }
  return nullptr;
}

/// Another server than the first is in use: looks now and then whether a better one is back. Its
/// connection takes over as soon as it is established, and the others close when idle for long.
void UpstreamPool::Impl::probe_better_server(TimePoint now) {
  if (now < next_probe) return;
  next_probe = now + settings.first_backoff;
  const auto server = servers.choose(now);
  if (connecting == 0 && server && *server < best_server) {
    (void)open_one(*server, settings.connections, now);
  }
}

void UpstreamPool::Impl::close(UpstreamConnection& connection) {
  transport.close(UpstreamId{connection.index});
  drop(connection);
}

void UpstreamPool::Impl::take_back(UpstreamConnection& connection,
                                   List<PendingQuery, PlaceTag>& owed) {
  while (PendingQuery* const query = connection.queries.front()) {
    query->place = QueryPlace::lost;
    owed.push_back(*query);
  }
}

void UpstreamPool::Impl::wait_again(PendingQuery& query) {
  waiting.release(*query.client);
  query.place = QueryPlace::waiting;
  waiting.push_again(query);
}

void UpstreamPool::Impl::drop(UpstreamConnection& connection) {
  List<PendingQuery, PlaceTag> owed;
  take_back(connection, owed);
  const bool answered = connection.answers != 0;
  if (connection.state == ConnectionState::connecting) --connecting;
  if (connection.state == ConnectionState::open) {
    --established;
    servers.gone(connection.server);
  }
  if (connection.retired) --retired;
  connection.reset();
  dirty &= ~connection.bit();
  heard &= ~connection.bit();
  choose_server();

  // A resolver that closes after each few answers gets everything done in the end, and one that is
  // being stopped takes connections for a moment that nobody serves any more. But a query may also
  // be the reason why its connections are lost.
  while (PendingQuery* const query = owed.front()) {
    const bool again = query->sends < kMostSends && (answered || !query->lost_before);
    if (query->owner != nullptr && again) {
      query->lost_before = query->lost_before || !answered;
      wait_again(*query);
      continue;
    }
    if (query->owner != nullptr) counters.lost_twice.add();
    fail(*query, QueryFailure::lost);
    forget(*query);
  }
}

void UpstreamPool::Impl::ended(UpstreamConnection& connection, std::string_view reason,
                               TimePoint now) {
  const bool was_open = connection.state == ConnectionState::open;
  const bool owed_answers = connection.ids.size() != 0;
  const std::size_t answers = connection.answers;
  const std::size_t server = connection.server;
  drop(connection);
  if (!was_open) {
    counters.connections_failed.add();
    servers.failed(server, false, reason, now);
    set_at_limit(servers.connections(server) > 0);
  } else if (owed_answers) {
    counters.connections_lost.add();
    if (answers != 0) {
      servers.ended_after(server, answers);
      servers.lost(server, reason, now);
    } else {
      servers.failed(server, true, reason, now);
    }
  }
  dispatch(now);
}

TimePoint UpstreamPool::Impl::due(const UpstreamConnection& connection) const {
  if (connection.state == ConnectionState::connecting) {
    return connection.quiet_since + settings.connect_timeout;
  }
  if (connection.idle()) return connection.quiet_since + settings.idle_timeout;
  return connection.quiet_since + settings.query_deadline / 2;
}

void UpstreamPool::Impl::on_due(UpstreamConnection& connection, TimePoint now) {
  if (connection.state == ConnectionState::connecting) {
    transport.close(UpstreamId{connection.index});
    ended(connection, "no connection in time", now);
  } else if (connection.idle()) {
    close(connection);
  } else {
    const std::size_t server = connection.server;
    const bool was_retired = connection.retired;
    counters.connections_retired.add();
    close(connection);
    if (!was_retired) servers.stalled(server, now);
  }
}

void UpstreamPool::Impl::update_room(const UpstreamConnection& connection) {
  const bool usable = connection.state == ConnectionState::open && !connection.full() &&
                      connection.server == best_server && !connection.retired;
  room = usable ? room | connection.bit() : room & ~connection.bit();
  common =
      usable && !connection.nearly_full() ? common | connection.bit() : common & ~connection.bit();
}

void UpstreamPool::Impl::choose_server() {
  std::size_t best = settings.servers;
  for (const auto& connection : connections) {
    if (connection->state == ConnectionState::open && !connection->retired)
      best = std::min(best, connection->server);
  }
  best_server = best < settings.servers ? best : 0;
  for (const auto& connection : connections) update_room(*connection);
}

void UpstreamPool::set(const UpstreamSettings& settings, TimePoint now) {
  impl_->set(settings, now);
}

void UpstreamPool::on_connected(UpstreamId connection, TimePoint now) {
  Impl& pool = *impl_;
  UpstreamConnection& it = *pool.connections[static_cast<std::size_t>(connection)];
  if (it.state != ConnectionState::connecting) return;
  --pool.connecting;
  it.state = ConnectionState::open;
  it.quiet_since = now;
  ++pool.established;
  pool.counters.connections_opened.add();
  pool.servers.connected(it.server);
  pool.set_at_limit(false);
  pool.replace(it, now);
  pool.choose_server();
  pool.dispatch(now);
}

void UpstreamPool::on_data(UpstreamId connection, ByteView octets, TimePoint now) {
  Impl& pool = *impl_;
  UpstreamConnection& it = *pool.connections[static_cast<std::size_t>(connection)];
  if (it.state != ConnectionState::open) return;
  it.quiet_since = now;
  pool.heard |= it.bit();
  if (!pool.acknowledge_at) pool.acknowledge_at = now + kAcknowledgeDelay;
  const auto state =
      it.in.feed(octets, [&](ByteView message) { return pool.on_message(it, message); });
  if (it.answers != 0) {
    pool.servers.answered(it.server, !it.proven);
    it.proven = true;
  }
  if (state != FramerState::ready) {
    pool.transport.close(connection);
    pool.ended(it, "it sent something that is no DNS response", now);
    return;
  }
  if (pool.retired != 0) pool.close_retired();
  if (pool.waiting.size() != 0) pool.dispatch(now);
}

void UpstreamPool::on_closed(UpstreamId connection, std::string_view reason, TimePoint now) {
  UpstreamConnection& it = *impl_->connections[static_cast<std::size_t>(connection)];
  if (it.state != ConnectionState::closed) impl_->ended(it, reason, now);
}

void UpstreamPool::on_time(TimePoint now) {
  Impl& pool = *impl_;
  // Deadlines first: what has reached its own is not asked again by a connection that has too.
  while (PendingQuery* const query = pool.deadlines.front()) {
    if (query->deadline > now) break;
    pool.expire(*query);
  }
  if (pool.retired != 0) pool.close_retired();
  for (const auto& connection : pool.connections) {
    if (connection->state != ConnectionState::closed && pool.due(*connection) <= now) {
      pool.on_due(*connection, now);
    }
  }
  // Also when those that waited have gone: their moment must not stay due.
  if (pool.waiting.size() != 0 || pool.refill_at || pool.wake_at) pool.dispatch(now);
  if (pool.acknowledge_at && *pool.acknowledge_at <= now) pool.acknowledge(true);
}

std::optional<TimePoint> UpstreamPool::next_deadline() const {
  const Impl& pool = *impl_;
  std::optional<TimePoint> next;
  const auto consider = [&](TimePoint when) { next = next ? std::min(*next, when) : when; };
  if (const PendingQuery* const query = pool.deadlines.front()) consider(query->deadline);
  for (const auto& connection : pool.connections) {
    if (connection->state != ConnectionState::closed) consider(pool.due(*connection));
  }
  if (pool.refill_at) consider(*pool.refill_at);
  if (pool.acknowledge_at) consider(*pool.acknowledge_at);
  if (pool.wake_at) consider(*pool.wake_at);
  return next;
}

}  // namespace mooring::server
