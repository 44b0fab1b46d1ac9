// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream_connection.hpp"

#include <algorithm>

#include "server/upstream_pool_impl.hpp"

namespace mooring::server {
namespace {

/// For how long an acknowledgement may wait for a query to ride on.
constexpr Milliseconds kAcknowledgeDelay{1};

}  // namespace

void UpstreamPool::Impl::make_connections() {
  connections.clear();
  for (std::size_t i = 0; i < settings.connections; ++i) {
    connections.push_back(std::make_unique<UpstreamConnection>(
        static_cast<std::uint8_t>(i), settings.in_flight_per_connection, buffers));
  }
}

void UpstreamPool::Impl::set(const UpstreamSettings& wanted, TimePoint now) {
  List<PendingQuery, PlaceTag> again;
  for (const auto& connection : connections) {
    if (connection->state == ConnectionState::closed) continue;
    transport.close(UpstreamId{connection->index});
    while (PendingQuery* const query = connection->queries.front()) {
      query->on_connection = false;
      ++waiting_count;
      again.push_back(*query);
      if (query->owner == nullptr) forget(*query);
    }
  }
  waiting.splice_front(again);
  settings = wanted;
  servers =
      UpstreamServers(settings.servers, settings.first_backoff, settings.last_backoff, observer);
  make_connections();
  connecting = best_server = 0;
  room = retired = dirty = heard = 0;
  next_probe = {};
  dispatch(now);
}

/// Opens as many as it takes to give a place to all that wait, within the limit.
void UpstreamPool::Impl::open_more(TimePoint now) {
  while (waiting_count > connecting * settings.in_flight_per_connection) {
    const auto server = servers.choose(now);
    if (!server || !open_one(*server, now)) return;
  }
}

/// False: there is no room for one more.
bool UpstreamPool::Impl::open_one(std::size_t server, TimePoint now) {
  UpstreamConnection* const connection = free_connection();
  if (connection == nullptr) return false;
  if (!transport.open(UpstreamId{connection->index}, server)) {
    counters.connections_failed.add();
    servers.failed(server, false, "no connection can be started", now);
    return true;
  }
  connection->state = ConnectionState::connecting;
  connection->server = server;
  connection->quiet_since = now;
  ++connecting;
  return true;
}

UpstreamConnection* UpstreamPool::Impl::free_connection() {
  for (const auto& connection : connections) {
    if (connection->state == ConnectionState::closed) return connection.get();
  }
  for (const auto& connection : connections) {
    if (connection->idle() && connection->server != best_server) {
      close(*connection);
      return connection.get();
    }
  }
  return nullptr;
}

bool UpstreamPool::Impl::can_open() const {
  return std::any_of(connections.begin(), connections.end(), [](const auto& connection) {
    return connection->state == ConnectionState::closed;
  });
}

/// Another server than the first is in use: looks now and then whether a better one is back. Its
/// connection takes over as soon as it is established, and the others close when idle for long.
void UpstreamPool::Impl::probe_better_server(TimePoint now) {
  if (now < next_probe) return;
  next_probe = now + settings.first_backoff;
  const auto server = servers.choose(now);
  if (connecting == 0 && server && *server < best_server) (void)open_one(*server, now);
}

void UpstreamPool::Impl::close(UpstreamConnection& connection) {
  transport.close(UpstreamId{connection.index});
  drop(connection);
}

void UpstreamPool::Impl::drop(UpstreamConnection& connection) {
  List<PendingQuery, PlaceTag> owed;
  while (PendingQuery* const query = connection.queries.front()) {
    query->on_connection = false;
    ++waiting_count;
    owed.push_back(*query);
  }
  const bool answered = connection.answered;
  if (connection.state == ConnectionState::connecting) --connecting;
  if (connection.state == ConnectionState::open) servers.gone(connection.server);
  connection.reset();
  dirty &= ~connection.bit();
  heard &= ~connection.bit();
  retired &= ~connection.bit();
  choose_server();

  List<PendingQuery, PlaceTag> again;
  while (PendingQuery* const query = owed.front()) {
    // A resolver that is being stopped takes connections for a moment that nobody serves any more.
    // What was sent again into one of these, after the resolver had worked, has another try.
    const bool spare = query->spare_try && !answered;
    if (query->owner != nullptr && (!query->sent_again || spare)) {
      query->spare_try = !query->sent_again && answered;
      query->sent_again = true;
      again.push_back(*query);
      continue;
    }
    if (query->owner != nullptr) counters.lost_twice.add();
    fail(*query, QueryFailure::lost);
    forget(*query);
  }
  waiting.splice_front(again);
}

void UpstreamPool::Impl::ended(UpstreamConnection& connection, std::string_view reason,
                               TimePoint now) {
  const bool established = connection.state == ConnectionState::open;
  const bool owed_answers = connection.ids.size() != 0;
  const bool answered = connection.answered;
  const std::size_t server = connection.server;
  drop(connection);
  if (!established) {
    counters.connections_failed.add();
    servers.failed(server, false, reason, now);
  } else if (owed_answers) {
    counters.connections_lost.add();
    if (answered) {
      servers.lost(server, reason);
    } else {
      servers.failed(server, true, reason, now);
    }
  }
  dispatch(now);
}

/// Only from where no octets of a connection are being read.
void UpstreamPool::Impl::close_retired() {
  for (const auto& connection : connections) {
    if ((retired & connection->bit()) == 0 || connection->owes_somebody()) continue;
    counters.connections_retired.add();
    close(*connection);
  }
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
    counters.connections_retired.add();
    close(connection);
    servers.stalled(server, now);
  }
}

void UpstreamPool::Impl::update_room(const UpstreamConnection& connection) {
  const bool usable = connection.state == ConnectionState::open && !connection.ids.full() &&
                      connection.server == best_server && (retired & connection.bit()) == 0;
  room = usable ? room | connection.bit() : room & ~connection.bit();
}

void UpstreamPool::Impl::choose_server() {
  std::size_t best = settings.servers;
  for (const auto& connection : connections) {
    const bool counts =
        connection->state == ConnectionState::open && (retired & connection->bit()) == 0;
    if (counts) best = std::min(best, connection->server);
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
  pool.counters.connections_opened.add();
  pool.servers.connected(it.server);
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
  if (it.answered) {
    pool.servers.answered(it.server, !it.proven);
    it.proven = true;
  }
  if (state != FramerState::ready) {
    pool.transport.close(connection);
    pool.ended(it, "it sent something that is no DNS response", now);
    return;
  }
  if (pool.retired != 0) pool.close_retired();
  if (pool.waiting_count != 0) pool.dispatch(now);
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
  if (pool.waiting_count != 0 || pool.refill_at) pool.dispatch(now);
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
  // A connection is wanted, but its server may not be tried yet.
  if (pool.waiting_count > pool.connecting * pool.settings.in_flight_per_connection &&
      pool.can_open()) {
    consider(pool.servers.retry_at());
  }
  return next;
}

}  // namespace mooring::server
