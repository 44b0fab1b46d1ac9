// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/connection_set.hpp"

namespace mooring::server {
namespace {

/// For how long an acknowledgement may wait for a query to ride on.
constexpr Milliseconds kAcknowledgeDelay{1};
/// A connection that owes no more answers than this is not busy.
constexpr std::size_t kFewOwed = 8;

}  // namespace

void ConnectionSet::make(std::size_t count, std::size_t in_flight_per_connection) {
  connections_.clear();
  for (std::size_t i = 0; i < count; ++i) {
    connections_.push_back(std::make_unique<UpstreamConnection>(
        UpstreamId{static_cast<std::uint8_t>(i)}, in_flight_per_connection, buffers_));
  }
  in_flight_per_connection_ = in_flight_per_connection;
  connecting_ = established_ = retired_ = 0;
  with_place_ = common_ = unsent_ = unacknowledged_ = 0;
}

bool ConnectionSet::open(UpstreamConnection& connection, std::size_t resolver, std::size_t limit,
                         TimePoint now) {
  if (!transport_.open(connection.id(), resolver)) return false;
  connection.connect(resolver, limit, now);
  ++connecting_;
  return true;
}

void ConnectionSet::connected(UpstreamConnection& connection, TimePoint now) {
  connection.enter(ConnectionState::open);
  connection.quiet_since_ = now;
  --connecting_;
  ++established_;
}

void ConnectionSet::retire(UpstreamConnection& connection) {
  connection.enter(ConnectionState::retired);
  ++retired_;
  update_places(connection);
}

void ConnectionSet::closed(UpstreamConnection& connection, List<PendingQuery, PlaceTag>& owed) {
  if (connection.state() == ConnectionState::connecting) --connecting_;
  if (connection.established()) --established_;
  if (connection.state() == ConnectionState::retired) --retired_;
  connection.reset(owed);
  update_places(connection);
  unsent_ &= ~bit(connection);
  unacknowledged_ &= ~bit(connection);
}

void ConnectionSet::choose_resolver(const ResolverPolicy& policy, std::size_t otherwise) {
  std::optional<std::size_t> best;
  for (const auto& connection : connections_) {
    if (connection->state() != ConnectionState::open) continue;
    if (!best || policy.prefers(connection->resolver(), *best)) best = connection->resolver();
  }
  in_use_ = best.value_or(otherwise);
  for (const auto& connection : connections_) update_places(*connection);
}

void ConnectionSet::update_places(const UpstreamConnection& connection) {
  const bool usable = connection.state() == ConnectionState::open && !connection.full() &&
                      connection.resolver() == in_use_;
  const bool common = usable && !connection.nearly_full();
  with_place_ = usable ? with_place_ | bit(connection) : with_place_ & ~bit(connection);
  common_ = common ? common_ | bit(connection) : common_ & ~bit(connection);
}

/// A send costs the same for one query as for many, so that queries go where one is due anyway, or
/// where many more can follow.
UpstreamConnection* ConnectionSet::choose(bool common, bool patient) const {
  const Mask among = common ? common_ : with_place_;
  Mask due = among & unsent_;
  if (due == 0 && !patient) due = among & unacknowledged_;  // that will be due there
  if (due != 0) return &first(due);
  UpstreamConnection* emptiest = nullptr;
  for (Mask rest = among; rest != 0; rest &= rest - 1) {
    UpstreamConnection& one = first(rest);
    if (2 * one.owed() <= in_flight_per_connection_) return &one;
    if (emptiest == nullptr || one.owed() < emptiest->owed()) emptiest = &one;
  }
  return patient ? nullptr : emptiest;
}

void ConnectionSet::send(UpstreamConnection& connection, PendingQuery& query, MessageIds& ids,
                         TimePoint now) {
  connection.send(query, ids, now);
  unsent_ |= bit(connection);
  if (connection.full()) with_place_ &= ~bit(connection);
  if (connection.nearly_full()) common_ &= ~bit(connection);
}

void ConnectionSet::remove(PendingQuery& query) {
  UpstreamConnection& connection = *connections_[query.connection];
  connection.remove(query);
  update_places(connection);
}

bool ConnectionSet::expired(const PendingQuery& query) {
  UpstreamConnection& connection = *connections_[query.connection];
  return 2 * ++connection.overdue_ >= connection.limit_;
}

void ConnectionSet::heard_from(const UpstreamConnection& connection, TimePoint now) {
  unacknowledged_ |= bit(connection);
  if (!acknowledge_at_) acknowledge_at_ = now + kAcknowledgeDelay;
}

void ConnectionSet::flush() {
  unacknowledged_ &= ~unsent_;
  while (unsent_ != 0) {
    UpstreamConnection& connection = first(unsent_);
    unsent_ &= ~bit(connection);
    counters_.writes.add();
    transport_.send(connection.id(), connection.out_.view());
    connection.out_.clear();
  }
  if (unacknowledged_ != 0) acknowledge(false);
}

/// Unbound before 1.23 leaves Nagle's algorithm on: of several answers it sends one and holds the
/// others back until that has been acknowledged, which the kernel would do 40 ms later. Where many
/// answers are owed another query will follow soon, and what is sent acknowledges as well.
void ConnectionSet::acknowledge(bool everywhere) {
  for (Mask rest = unacknowledged_; rest != 0; rest &= rest - 1) {
    const UpstreamConnection& one = first(rest);
    if (!everywhere && one.owed() > kFewOwed) continue;
    unacknowledged_ &= ~bit(one);
    if (one.owed() != 0) transport_.acknowledge(one.id());
  }
  if (unacknowledged_ == 0) acknowledge_at_.reset();
}

}  // namespace mooring::server
