// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/servers.hpp"

#include <algorithm>

namespace mooring::server {
namespace {

constexpr unsigned kStallsToFail = 3;
/// A resolver that closes after every few answers is worth one line, not one for each time.
constexpr Milliseconds kQuiet{10'000};

}  // namespace

UpstreamServers::UpstreamServers(std::size_t count, Milliseconds first_backoff,
                                 Milliseconds last_backoff, UpstreamObserver* observer)
    : servers_(count),
      first_backoff_(first_backoff),
      last_backoff_(last_backoff),
      observer_(observer) {}

std::optional<std::size_t> UpstreamServers::choose(TimePoint now) const {
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    const Server& server = servers_[i];
    if (server.backoff == Milliseconds{0} || server.retry_at <= now) return i;
    // It serves, but takes no more connections: its limit is reached. That is no reason to ask
    // another one.
    if (server.connections > 0) return std::nullopt;
  }
  return std::nullopt;
}

TimePoint UpstreamServers::retry_at() const {
  TimePoint earliest = TimePoint::max();
  for (const Server& server : servers_) {
    earliest = std::min(earliest, server.retry_at);
    if (server.connections > 0) break;
  }
  return earliest;
}

void UpstreamServers::connected(std::size_t server) {
  Server& it = servers_[server];
  ++it.connections;
  if (it.needs_answer) return;
  it.unreachable = false;
  set_health(server, Health::up, {});
}

void UpstreamServers::gone(std::size_t server) {
  --servers_[server].connections;
}

void UpstreamServers::answered(std::size_t server, bool first) {
  Server& it = servers_[server];
  it.stalls = 0;
  it.needs_answer = it.unreachable = false;
  // An older connection says nothing about whether it takes new ones.
  if (first) it.backoff = Milliseconds{0};
  if (it.health != Health::up) set_health(server, Health::up, {});
}

void UpstreamServers::lost(std::size_t server, std::string_view reason, TimePoint now) {
  Server& it = servers_[server];
  const bool lately = it.lost_at && now - *it.lost_at < kQuiet;
  it.lost_at = now;
  if (it.connections == 0 && !lately) set_health(server, Health::lost, reason);
}

void UpstreamServers::failed(std::size_t server, bool after_connect, std::string_view reason,
                             TimePoint now) {
  Server& it = servers_[server];
  if (after_connect) it.needs_answer = true;
  back_off(it, now);
  if (it.connections > 0) return;
  it.unreachable = true;
  set_health(server, Health::down, reason);
  const auto gone = [](const Server& other) { return other.unreachable; };
  if (!all_down_since_ && std::all_of(servers_.begin(), servers_.end(), gone)) {
    all_down_since_ = now;
  }
}

void UpstreamServers::stalled(std::size_t server, TimePoint now) {
  Server& it = servers_[server];
  if (++it.stalls < kStallsToFail) return;
  it.needs_answer = true;
  // Without another one to ask there is nothing to wait for.
  if (servers_.size() > 1) back_off(it, now);
  if (it.connections == 0) set_health(server, Health::down, "it does not answer");
}

void UpstreamServers::back_off(Server& server, TimePoint now) {
  server.backoff = server.backoff == Milliseconds{0} ? first_backoff_
                                                     : std::min(2 * server.backoff, last_backoff_);
  server.retry_at = now + server.backoff;
}

void UpstreamServers::set_health(std::size_t server, Health health, std::string_view reason) {
  Server& it = servers_[server];
  if (health != Health::down) all_down_since_.reset();
  if (health == Health::up) worked_ = true;
  if (it.health == health) return;
  it.health = health;
  if (observer_ == nullptr) return;
  const auto state = health == Health::up     ? UpstreamState::up
                     : health == Health::lost ? UpstreamState::lost
                                              : UpstreamState::unreachable;
  observer_->on_upstream_state(server, state, reason);
}

}  // namespace mooring::server
