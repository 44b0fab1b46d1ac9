// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/resolver.hpp"

#include <algorithm>
#include <utility>

namespace mooring::server {
namespace {

constexpr unsigned kStallsToFail = 3;
/// A resolver that closes after every few answers is worth one line, not one for each time.
constexpr Milliseconds kQuiet{10'000};

}  // namespace

std::optional<ResolverHealth> Resolver::connected() {
  ++connections_;
  if (needs_answer_) return std::nullopt;
  unreachable_ = false;
  return ResolverHealth::up;
}

std::optional<ResolverHealth> Resolver::answered(bool first) {
  stalls_ = 0;
  needs_answer_ = unreachable_ = false;
  // An older connection says nothing about whether it takes new ones.
  if (first) backoff_ = Milliseconds{0};
  if (health_ == ResolverHealth::up) return std::nullopt;
  return ResolverHealth::up;
}

std::optional<ResolverHealth> Resolver::lost(std::size_t answers, TimePoint now) {
  window_ = answers;
  const bool lately = lost_at_ && now - *lost_at_ < kQuiet;
  lost_at_ = now;
  if (connections_ != 0 || lately) return std::nullopt;
  return ResolverHealth::lost;
}

std::optional<ResolverHealth> Resolver::failed(bool after_connect, const Backoff& backoff,
                                               TimePoint now) {
  if (after_connect) needs_answer_ = true;
  back_off(backoff, now);
  if (connections_ > 0) return std::nullopt;
  unreachable_ = true;
  return ResolverHealth::down;
}

std::optional<ResolverHealth> Resolver::stalled(const Backoff* backoff, TimePoint now) {
  if (++stalls_ < kStallsToFail) return std::nullopt;
  needs_answer_ = true;
  if (backoff != nullptr) back_off(*backoff, now);
  if (connections_ > 0) return std::nullopt;
  return ResolverHealth::down;
}

bool Resolver::set_health(ResolverHealth health) {
  return std::exchange(health_, health) != health;
}

void Resolver::back_off(const Backoff& backoff, TimePoint now) {
  backoff_ = backoff_ == Milliseconds{0} ? backoff.first : std::min(2 * backoff_, backoff.last);
  retry_at_ = now + backoff_;
}

}  // namespace mooring::server
