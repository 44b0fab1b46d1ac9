// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/connection.hpp"

#include <array>
#include <cassert>

namespace mooring::server {
namespace {

constexpr std::size_t kStates = 4;

/// kLegal[from][to]
constexpr std::array<std::array<bool, kStates>, kStates> kLegal{{
    //   closed connecting  open  retired
    {{false, true, false, false}},  // closed
    {{true, false, true, false}},   // connecting
    {{true, false, false, true}},   // open
    {{true, false, false, false}},  // retired
}};

}  // namespace

bool may_follow(ConnectionState from, ConnectionState to) {
  return kLegal[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)];
}

bool UpstreamConnection::owes_somebody() const {
  bool owes = false;
  queries_.visit([&](const PendingQuery& query) {
    owes = query.owner != nullptr;
    return !owes;
  });
  return owes;
}

std::size_t UpstreamConnection::sent_by(TimePoint moment) const {
  std::size_t count = 0;
  queries_.visit([&](const PendingQuery& query) {
    if (query.sent_at > moment) return false;
    ++count;
    return true;
  });
  return count;
}

void UpstreamConnection::enter(ConnectionState next) {
  assert(may_follow(state_, next));
  state_ = next;
}

void UpstreamConnection::connect(std::size_t resolver, std::size_t limit, TimePoint now) {
  enter(ConnectionState::connecting);
  resolver_ = resolver;
  limit_ = std::min(most_, limit);
  quiet_since_ = now;
}

void UpstreamConnection::reset(List<PendingQuery, PlaceTag>& owed) {
  while (PendingQuery* const query = queries_.front()) {
    query->place = QueryPlace::lost;
    owed.push_back(*query);
  }
  enter(ConnectionState::closed);
  proven_ = false;
  overdue_ = answers_ = 0;
  in_flight_.clear();
  in_.reset();
  out_.clear();
}

}  // namespace mooring::server
