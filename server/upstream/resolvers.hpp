// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "server/upstream/policy.hpp"
#include "server/upstream/resolver.hpp"

namespace mooring::server {

enum class UpstreamState : std::uint8_t {
  up,           ///< a connection was established for the first time, or again
  lost,         ///< the resolver closed a connection while it owed answers; it is tried again
  unreachable,  ///< no connection can be established, or none answers; tried again with backoff
};

/// Hears of changes in the state of a server: one log line each.
class UpstreamObserver {
 public:
  /// `reason` is a few words for a person, valid during the call; empty for `up`.
  virtual void on_upstream_state(std::size_t server, UpstreamState state,
                                 std::string_view reason) = 0;

 protected:
  ~UpstreamObserver() = default;
};

/// The resolvers of a pool, the policy that chooses among them, and whether any of them can be
/// reached at all. What happens to one is told to it here, so that it is known what that means for
/// all. Resolver has what the events mean.
class Resolvers {
 public:
  /// `policy` and, if it is not null, `observer` must live longer.
  Resolvers(std::size_t count, const Backoff& backoff, const ResolverPolicy& policy,
            UpstreamObserver* observer)
      : policy_(&policy), observer_(observer) {
    set(count, backoff);
  }
  /// Others, of which nothing is known.
  void set(std::size_t count, const Backoff& backoff);

  [[nodiscard]] const ResolverPolicy& policy() const { return *policy_; }
  [[nodiscard]] const Resolver& at(std::size_t index) const { return resolvers_[index]; }
  /// The one for a new connection; none: all are to be left alone until retry_at().
  [[nodiscard]] std::optional<std::size_t> choose(TimePoint now) const {
    return policy_->choose(resolvers_, now);
  }
  [[nodiscard]] TimePoint retry_at() const { return policy_->retry_at(resolvers_); }
  /// The one that is preferred to all others.
  [[nodiscard]] std::size_t favourite() const { return favourite_; }

  /// Since when no connection to any of them can be established; none: one is thought to work.
  [[nodiscard]] std::optional<TimePoint> all_down_since() const { return all_down_since_; }
  /// Whether one of them has worked before that.
  [[nodiscard]] bool worked() const { return worked_; }
  /// What is known of all_down_since() is too old to count.
  void forget_outage();

  void connected(std::size_t index) { note(index, resolvers_[index].connected(), {}); }
  void gone(std::size_t index) { resolvers_[index].gone(); }
  void answered(std::size_t index, bool first) {
    note(index, resolvers_[index].answered(first), {});
  }
  void lost(std::size_t index, std::size_t answers, std::string_view reason, TimePoint now) {
    note(index, resolvers_[index].lost(answers, now), reason);
  }
  void failed(std::size_t index, bool after_connect, std::string_view reason, TimePoint now);
  void stalled(std::size_t index, TimePoint now);

 private:
  /// What is now known of one's health.
  void note(std::size_t index, std::optional<ResolverHealth> health, std::string_view reason) {
    if (health) set_health(index, *health, reason);
  }
  void set_health(std::size_t index, ResolverHealth health, std::string_view reason);

  const ResolverPolicy* policy_;
  UpstreamObserver* observer_;
  std::vector<Resolver> resolvers_;
  Backoff backoff_{};
  std::size_t favourite_ = 0;
  std::optional<TimePoint> all_down_since_;
  bool worked_ = false;
};

}  // namespace mooring::server
