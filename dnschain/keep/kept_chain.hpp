// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "dnschain/dane/tlsa_history.hpp"
#include "dnschain/keep/keeper.hpp"
#include "dnschain/keep/pin_ledger.hpp"
#include "dnschain/keep/served_chain.hpp"

namespace mooring::dnschain {

/// What all services of a keeper share.
struct KeeperContext {
  KeeperSettings settings;
  std::function<std::uint32_t()> random;
  std::vector<KeeperEvent> events;
  bool table_stale = true;
  bool state_stale = false;
};

/// One service of a keeper: its chain, its refreshes, its pins.
class KeptChain {
 public:
  KeptChain(KeptService kept, KeeperContext& context, WallTime now);

  /// Goes on with what an earlier keeper stored.
  void restore(const StoredService& stored, WallTime now);
  /// Other settings: another identity or lifetime, and all shared ones.
  void change(KeptService kept, WallTime now);
  /// Taken out of the settings while clients may hold pins: announces lifetime 0 from now on.
  void hold(WallTime now);
  /// See Keeper::clock_set().
  void clock_set(std::chrono::seconds step, WallTime now);
  /// Due for a refresh, and none is running.
  [[nodiscard]] bool due(WallTime now) const { return !builder_ && next_refresh_ <= now; }
  void refresh_at(WallTime when) { next_refresh_ = std::min(next_refresh_, when); }

  void start(WallTime now);
  [[nodiscard]] Builder* builder() { return builder_ ? &*builder_ : nullptr; }
  /// Takes the result of the builder once it is done, or ends a build that takes too long. The
  /// builder may have more questions then.
  void settle(WallTime now);
  /// Abandons a build that is running.
  void stop() { builder_.reset(); }

  /// Withdraws what may no longer be served, renews TTLs, moves the pins' end on.
  void tick(WallTime now);
  [[nodiscard]] WallTime next_wakeup() const;
  /// What stored() gave last is on disk: what goes with it may be announced.
  void state_stored(WallTime now);

  [[nodiscard]] const KeptService& kept() const { return kept_; }
  [[nodiscard]] bool removed() const { return removed_; }
  [[nodiscard]] WallTime next_refresh() const { return next_refresh_; }
  [[nodiscard]] WallTime pinned_until() const { return pins_.pinned_until(); }
  [[nodiscard]] std::optional<PublishedChain> published() const;
  /// While nothing is published: what was so last, without its body.
  [[nodiscard]] const std::optional<PublishedChain>& withdrawn() const { return withdrawn_; }
  [[nodiscard]] ServiceStatus status() const;
  [[nodiscard]] StoredService stored() const;

 private:
  [[nodiscard]] Result<ServedChain> check(Chain chain, WallTime now) const;
  void judge_again(WallTime now);
  void succeed(ServedChain fresh, WallTime now);
  void fail(std::string reason, WallTime now);
  void publish(WallTime now);
  void withdraw(std::string why);
  void compare_identity(WallTime now);
  void warn_of_identity(KeeperEvent::Kind kind, const std::string& text, WallTime now);
  void note_tlsa(const ServedChain& fresh, WallTime now);
  void move_pins(WallTime now);
  void warn_of_bound(WallTime now);
  void schedule(WallTime now);
  [[nodiscard]] std::chrono::seconds backoff(WallTime now) const;
  [[nodiscard]] std::chrono::seconds jittered(std::chrono::seconds time) const;
  void report(KeeperEvent::Kind kind, std::string text, WallTime until) const;

  KeptService kept_;
  KeeperContext& context_;  ///< the keeper's, which owns this too
  bool removed_ = false;
  std::optional<Builder> builder_;
  WallTime started_{};
  WallTime next_refresh_{};
  std::optional<ServedChain> served_;
  ServedBody body_;
  std::optional<PublishedChain> withdrawn_;
  WallTime served_since_{};
  PinLedger pins_;
  std::chrono::hours announced_{0};  ///< in body_
  TlsaHistory history_;
  std::optional<bool> matches_;
  std::string identity_fault_;  ///< the last one reported; empty while clients can authenticate
  WallTime identity_warned_{};
  bool warned_ = false;
  unsigned failed_in_a_row_ = 0;
  std::string last_failure_;
  std::uint64_t refreshes_ = 0;
  std::uint64_t failures_ = 0;
};

}  // namespace mooring::dnschain
