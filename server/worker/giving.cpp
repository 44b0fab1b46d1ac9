// SPDX-License-Identifier: GPL-3.0-or-later
//
// The part of a worker that gives sessions away and takes them.
#include "server/worker/giving.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "server/worker/worker_loop.hpp"

namespace mooring::server {

namespace {

/// More than anybody configures.
constexpr std::size_t kMostListeners = 4096;

bool may_go(Standing standing, GiveWhich which) {
  return standing == Standing::quiet || (standing == Standing::busy && which == GiveWhich::any);
}

void count(Standing standing, Remaining& remaining) {
  switch (standing) {
    case Standing::quiet:
      ++remaining.quiet;
      break;
    case Standing::busy:
      ++remaining.busy;
      break;
    case Standing::handshaking:
      ++remaining.handshaking;
      break;
    case Standing::ending:
      ++remaining.ending;
      break;
  }
}

}  // namespace

void WorkerLoop::give(const GiveOrder& order) {
  std::vector<ClientConnection*> chosen;
  Remaining remaining;
  live_.visit([&](ClientConnection& connection) {
    const Standing standing = connection.standing();
    if (order.client && !connection.is_from(*order.client)) return true;
    // Its packets come by way of the host that gave it, which would not hear of its next place.
    if (watched_.contains(&connection)) return ++remaining.watched, true;
    if (may_go(standing, order.which) && chosen.size() < order.most) {
      chosen.push_back(&connection);
    } else {
      count(standing, remaining);
    }
    return true;
  });
  std::vector<Parcel> parcels = give(chosen, remaining);
  observer_.on_given(order.tag, std::move(parcels), remaining);
}

/// Adds those that stay to what remains.
std::vector<Parcel> WorkerLoop::give(const std::vector<ClientConnection*>& chosen,
                                     Remaining& remaining) {
  std::vector<Parcel> parcels;
  parcels.reserve(chosen.size());
  bool goes_on = true;
  for (ClientConnection* const connection : chosen) {
    if (!goes_on) {
      count(connection->standing(), remaining);
      continue;
    }
    auto parcel = give(*connection);
    if (parcel && *parcel) {
      parcels.push_back(std::move(**parcel));
      continue;
    }
    ++remaining.busy;
    if (parcel) continue;
    if (remaining.trouble.empty()) remaining.trouble = parcel.error().context;
    goes_on = parcel.error().system == 0;  // else the next one will have the same trouble
  }
  counters_.traffic.connections.given.add(parcels.size());
  return parcels;
}

void WorkerLoop::session_opened(ClientConnection& connection) {
  if (!standing_order_) return;
  const auto& from = standing_order_->client;
  if (!from || connection.is_from(*from)) opened_.push_back(&connection);
}

/// Before what they have asked in this turn goes to a resolver of ours.
void WorkerLoop::give_opened() {
  std::vector<ClientConnection*> chosen = std::exchange(opened_, {});
  std::erase_if(
      chosen, [](const ClientConnection* one) { return !may_go(one->standing(), GiveWhich::any); });
  if (chosen.empty() || !standing_order_) return;
  Remaining remaining;
  std::vector<Parcel> parcels = give(chosen, remaining);
  observer_.on_given(standing_order_->tag, std::move(parcels),
                     Remaining{0, 0, 0, 0, remaining.trouble});
}

/// None, if the connection has to stay for now. Otherwise it is gone, or another one is in its
/// place where an error is told.
Result<std::optional<Parcel>> WorkerLoop::give(ClientConnection& connection) {
  auto content = connection.give(sessions_, *context_, keys_);
  if (!content) return tl::unexpected(std::move(content.error()));
  if (!*content) return std::nullopt;
  std::erase(opened_, &connection);
  watched_.erase(&connection);
  delete &connection;
  ParcelContent& all = **content;
  all.listener = listener_names_.at(all.session.peer.listener);
  auto octets = pack(all, parcels_);
  if (octets) return Parcel{std::move(*octets), std::move(all.stream.descriptor)};
  if (!go_on(std::move(all))) counters_.traffic.connections.closed_no_memory.add();
  return tl::unexpected(std::move(octets.error()));
}

void WorkerLoop::take(std::uint64_t tag, std::vector<Parcel> parcels) {
  auto& counters = counters_.traffic.connections;
  Taken taken;
  for (Parcel& parcel : parcels) {
    const auto gone_on = take(std::move(parcel));
    const bool left = !gone_on && gone_on.error().system == ENOTCONN;
    if (left) counters.closed_by_client.add();
    if (gone_on || left) {
      ++taken.sessions;
    } else if (taken.refused++ == 0) {
      taken.reason = gone_on.error().context;
    }
  }
  counters.taken.add(taken.sessions);
  counters.taken_refused.add(taken.refused);
  if (drained_at_) farewell_ ? sessions_.close_all() : sessions_.begin_drain();
  observer_.on_taken(tag, taken);
}

void WorkerLoop::take_watched(std::uint64_t number, Parcel parcel) {
  auto& counters = counters_.traffic.connections;
  Taken taken;
  auto gone_on = take(std::move(parcel));
  if (gone_on) {
    taken.sessions = 1;
    watched_.emplace(*gone_on, number);
  } else {
    taken = {0, 1, gone_on.error().context};
  }
  counters.taken.add(taken.sessions);
  counters.taken_refused.add(taken.refused);
  if (drained_at_) farewell_ ? sessions_.close_all() : sessions_.begin_drain();
  observer_.on_taken(number, taken);
  if (!gone_on) observer_.on_over(number);
}

void WorkerLoop::destroy(ClientConnection& connection) {
  const auto watched = watched_.extract(&connection);
  delete &connection;
  if (!watched.empty()) observer_.on_over(watched.mapped());
}

Result<ClientConnection*> WorkerLoop::take(Parcel parcel) {
  auto content = unpack(parcel.octets.view(), keys_);
  if (!content) return tl::unexpected(std::move(content.error()));
  content->stream.descriptor = std::move(parcel.descriptor);
  return go_on(std::move(*content));
}

Result<ClientConnection*> WorkerLoop::go_on(ParcelContent content) {
  Peer& peer = content.session.peer;
  if (!context_) return failure("there is no TLS context yet");
  if (listener_names_.size() > kMostListeners) return failure("from one listener too many");
  peer.listener = number_of(content.listener);
  auto stream = loop_.adopt(content.stream);
  if (!stream) return tl::unexpected(std::move(stream.error()));
  const auto at = (*stream)->peer();
  if (!at) return failure("the client has left", ENOTCONN);
  if (*at != peer.proxy.value_or(peer.address)) {
    return failure("the connection is not that of the session");
  }
  std::unique_ptr<ClientConnection> connection(
      new (connections_) ClientConnection(loop_, *this, std::move(*stream)));
  auto resumed =
      connection->resume(sessions_, *context_, admission_.readmit(peer), content.session);
  if (!resumed) return tl::unexpected(std::move(resumed.error()));
  live_.push_back(*connection);
  return connection.release();
}

}  // namespace mooring::server
