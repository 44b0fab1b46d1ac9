// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "dnschain/dane/tlsa_history.hpp"
#include "dnschain/keep/identity_match.hpp"
#include "dnschain/keep/keeper.hpp"
#include "dnschain/keep/pin_ledger.hpp"
#include "dnschain/keep/refresh_schedule.hpp"
#include "dnschain/keep/served_chain.hpp"

namespace mooring::dnschain {

/// What all services of a keeper share.
struct KeeperContext {
  KeeperSettings settings;
  std::function<std::uint32_t()> random;
};

/// What a step has changed, for the keeper to pass on.
struct KeptChanges {
  bool table = false;  ///< what is published, or was so last
  bool state = false;  ///< what is to be stored
  std::vector<KeeperEvent> events = {};

  void add(KeptChanges more);
};

/// How the chain of a service stands.
enum class ChainPhase : std::uint8_t {
  absent,  ///< none is served
  served,
  ending,  ///< it is still served, but its end is near and nothing better was to be had: it was
           ///< said
};

/// One service of a keeper: its chain, its refreshes, its pins.
class KeptChain {
 public:
  /// `context` is the keeper's, which owns this too.
  KeptChain(KeptService kept, const KeeperContext& context, WallTime now);

  /// Goes on with what an earlier keeper stored.
  [[nodiscard]] KeptChanges restore(const StoredService& stored, WallTime now);
  /// Other settings: another identity or lifetime, and all shared ones. Held or not, it is a
  /// configured service from now on.
  [[nodiscard]] KeptChanges change(KeptService kept, WallTime now);
  /// Taken out of the settings while clients may hold pins: announces lifetime 0 from now on.
  [[nodiscard]] KeptChanges hold(WallTime now);
  /// See Keeper::clock_set().
  [[nodiscard]] KeptChanges clock_set(std::chrono::seconds step, WallTime now);
  /// Due for a refresh, and none is running.
  [[nodiscard]] bool due(WallTime now) const { return !build_ && schedule_.next() <= now; }
  void refresh_at(WallTime when) { schedule_.bring_forward(when); }

  void start(WallTime now);
  /// Null while no build is running.
  [[nodiscard]] Builder* builder() { return build_ ? &build_->builder : nullptr; }
  /// Takes the result of the builder once it is done, or ends a build that takes too long. The
  /// builder may have more questions then.
  [[nodiscard]] KeptChanges settle(WallTime now);
  /// Abandons a build that is running.
  void stop() { build_.reset(); }

  /// Withdraws what may no longer be served, renews TTLs, moves the pins' end on.
  [[nodiscard]] KeptChanges tick(WallTime now);
  [[nodiscard]] WallTime next_wakeup() const;
  /// What stored() gave last is on disk: what goes with it may be announced.
  [[nodiscard]] KeptChanges state_stored(WallTime now);

  [[nodiscard]] const KeptService& kept() const { return kept_; }
  [[nodiscard]] bool held() const { return membership_ == Membership::held; }
  [[nodiscard]] WallTime next_refresh() const { return schedule_.next(); }
  [[nodiscard]] WallTime pinned_until() const { return pins_.pinned_until(); }
  [[nodiscard]] std::optional<PublishedChain> published() const;
  /// While nothing is published: what was so last, without its body.
  [[nodiscard]] const std::optional<PublishedChain>& withdrawn() const { return withdrawn_; }
  [[nodiscard]] ServiceStatus status() const;
  [[nodiscard]] StoredService stored() const;

 private:
  enum class Membership : std::uint8_t {
    configured,
    held,  ///< not in the settings any more; kept up for the sake of pins
  };
  struct Build {
    Builder builder;
    WallTime started;
  };
  struct Tally {
    std::uint64_t refreshes = 0;
    std::uint64_t failures = 0;
    std::string last_failure = {};  ///< of the latest refresh; empty when it went well
  };

  void enter(ChainPhase next);
  [[nodiscard]] Result<ServedChain> check(Chain chain, WallTime now) const;
  KeptChanges judge_again(WallTime now);
  KeptChanges succeed(ServedChain fresh, WallTime now);
  KeptChanges fail(std::string reason, WallTime now);
  KeptChanges serve(ServedChain fresh, WallTime now);
  KeptChanges publish(WallTime now);
  KeptChanges withdraw(std::string why);
  KeptChanges compare_identity(WallTime now);
  KeptChanges note_tlsa(const ServedChain& fresh, WallTime now);
  KeptChanges move_pins(WallTime now);
  KeptChanges warn_of_bound(WallTime now);
  [[nodiscard]] KeptChanges event(KeeperEvent::Kind kind, std::string text, WallTime until) const;

  KeptService kept_;
  const KeeperContext& context_;
  Membership membership_ = Membership::configured;
  std::optional<Build> build_;
  RefreshSchedule schedule_;
  ChainPhase phase_ = ChainPhase::absent;
  std::optional<ServedChain> served_;  ///< unless absent
  ServedBody body_;
  std::optional<PublishedChain> withdrawn_;
  WallTime served_since_{};
  PinLedger pins_;
  std::chrono::hours announced_{0};  ///< in body_
  TlsaHistory history_;
  IdentityMatch identity_;
  Tally tally_;
};

}  // namespace mooring::dnschain
