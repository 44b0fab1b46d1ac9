// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <random>
#include <vector>

#include "dnschain/keep/keeper.hpp"
#include "support/caching_resolver.hpp"

namespace mooring::test {

/// Runs a keeper through simulated time in front of a resolver that may be slow or down.
class KeeperRun {
 public:
  using Step = std::function<void()>;

  KeeperRun(dnschain::KeeperSettings settings, CachingResolver& resolver, dnschain::WallTime start,
            dnschain::KeeperState stored = {});

  /// Lets time pass, stopping at every moment at which something is due; `each` is called there,
  /// after the keeper has done what it does.
  void run_until(
      dnschain::WallTime end, const Step& each = [] {});
  void run_for(
      std::chrono::seconds time, const Step& each = [] {}) {
    run_until(now_ + time, each);
  }

  void set_down(bool down) { down_ = down; }
  void set_disk_full(bool full) { disk_full_ = full; }
  /// From question to answer.
  void set_latency(std::chrono::seconds latency) { latency_ = latency; }

  [[nodiscard]] dnschain::WallTime now() const { return now_; }
  /// Sets the clock, back or forth, without anything happening meanwhile; the resolver counts its
  /// TTLs by the same clock.
  void set_clock(dnschain::WallTime now);
  [[nodiscard]] dnschain::Keeper& keeper() { return keeper_; }
  /// What a handshake at this moment is given.
  [[nodiscard]] const dnschain::PublishedChain* serve(const dnschain::Service& service) const;
  [[nodiscard]] const std::vector<dnschain::KeeperEvent>& events() const { return events_; }
  [[nodiscard]] std::size_t count(dnschain::KeeperEvent::Kind kind) const;
  /// The latest state that was to be stored.
  [[nodiscard]] const dnschain::KeeperState& stored() const { return stored_; }
  [[nodiscard]] std::size_t asked() const { return asked_; }

 private:
  struct Pending {
    dnschain::WallTime due;
    dnschain::Keeper::Ask ask;
  };
  void step();
  void deliver();

  CachingResolver& resolver_;
  dnschain::WallTime now_;
  std::mt19937 random_{1};
  dnschain::Keeper keeper_;
  bool down_ = false;
  bool disk_full_ = false;
  std::chrono::seconds latency_{0};
  std::vector<Pending> pending_;
  std::shared_ptr<const dnschain::ChainTable> table_;
  std::vector<dnschain::KeeperEvent> events_;
  dnschain::KeeperState stored_;
  std::size_t asked_ = 0;
};

}  // namespace mooring::test
