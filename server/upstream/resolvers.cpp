// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/resolvers.hpp"

#include <algorithm>

namespace mooring::server {

void Resolvers::set(std::size_t count, const Backoff& backoff) {
  resolvers_.assign(count, Resolver{});
  backoff_ = backoff;
  favourite_ = 0;
  for (std::size_t i = 1; i < count; ++i) {
    if (policy_->prefers(i, favourite_)) favourite_ = i;
  }
  forget_outage();
}

void Resolvers::forget_outage() {
  all_down_since_.reset();
  worked_ = false;
}

void Resolvers::failed(std::size_t index, bool after_connect, std::string_view reason,
                       TimePoint now) {
  const auto health = resolvers_[index].failed(after_connect, backoff_, now);
  if (!health) return;
  set_health(index, *health, reason);
  const auto gone = [](const Resolver& other) { return other.unreachable(); };
  if (!all_down_since_ && std::all_of(resolvers_.begin(), resolvers_.end(), gone)) {
    all_down_since_ = now;
  }
}

void Resolvers::stalled(std::size_t index, TimePoint now) {
  // Without another one to ask there is nothing to wait for.
  const Backoff* const backoff = resolvers_.size() > 1 ? &backoff_ : nullptr;
  note(index, resolvers_[index].stalled(backoff, now), "it does not answer");
}

void Resolvers::set_health(std::size_t index, ResolverHealth health, std::string_view reason) {
  if (health != ResolverHealth::down) all_down_since_.reset();
  if (health == ResolverHealth::up) worked_ = true;
  if (!resolvers_[index].set_health(health) || observer_ == nullptr) return;
  const auto state = health == ResolverHealth::up     ? UpstreamState::up
                     : health == ResolverHealth::lost ? UpstreamState::lost
                                                      : UpstreamState::unreachable;
  observer_->on_upstream_state(index, state, reason);
}

}  // namespace mooring::server
