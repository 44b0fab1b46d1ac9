// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dnschain/keep/keeper.hpp"
#include "dnschain/keep/state_store.hpp"
#include "server/chain/clock_watch.hpp"
#include "server/chain/event_log.hpp"
#include "server/chain/keeper_resolver.hpp"
#include "server/chain/state_saver.hpp"
#include "server/io/loop.hpp"
#include "server/observe/log.hpp"
#include "server/observe/metrics.hpp"

namespace mooring::server {

/// What the keeper of an earlier run left, and where to leave what this one has.
struct ChainMemory {
  std::optional<dnschain::StateStore> store;  ///< none: nothing is kept
  dnschain::KeeperState state;

  /// The names for which clients may hold pins now.
  [[nodiscard]] std::vector<std::string> pinned_names() const;
};

/// Runs a keeper: gives it the time, has its questions asked and its state stored, logs what it
/// says, and passes on what it publishes.
class ChainService final : private AskOwner {
 public:
  /// `publish` gets each new table, `settled` is called once: when every service has got a chain or
  /// failed to. Both from the loop. `log` and `loop` must outlive this.
  ChainService(Loop& loop, Log& log, dnschain::KeeperSettings settings, ResolverSettings resolver,
               ChainMemory memory,
               std::function<void(std::shared_ptr<const dnschain::ChainTable>)> publish,
               std::function<void()> settled, Clocks clocks = {});

  /// Other services, another trust anchor, other resolvers.
  void reconfigure(dnschain::KeeperSettings settings, const ResolverSettings& resolver);
  /// Asks for all chains anew.
  void refresh();
  [[nodiscard]] std::shared_ptr<const dnschain::ChainTable> table() const;
  /// The wall clock. When it was set since the last look, all chains are judged by the new time
  /// first, and asked for anew.
  [[nodiscard]] dnschain::WallTime now();
  /// The names for which clients may hold pins now.
  [[nodiscard]] std::vector<std::string> pinned_names() const;
  /// What another keeper needs to go on where this one is.
  [[nodiscard]] dnschain::KeeperState state() const { return keeper_.state(); }
  /// While somebody else stores it nothing is, and no support lifetime is announced beyond what
  /// was.
  void set_storing(bool on);
  /// How the chains stand now, and what has happened to them since the start.
  [[nodiscard]] KeeperMetrics metrics() const;

 private:
  void on_answer(dnschain::Keeper::AskId id, ByteView message) override;
  void on_failure(dnschain::Keeper::AskId id, const std::string& why) override;
  void run();
  void note_settled(const dnschain::KeeperEvent& event);
  void store_state();
  void watch_clock();
  void set_timers();
  void end_turn();

  Log& log_;
  std::function<void(std::shared_ptr<const dnschain::ChainTable>)> publish_;
  std::function<void()> settled_;  ///< null: it was called
  std::vector<dnschain::Service> unsettled_;
  Clocks clocks_;
  ClockWatch clock_;
  KeeperEventLog events_;
  StateSaver saver_;
  dnschain::Keeper keeper_;
  std::shared_ptr<const dnschain::ChainTable> published_;
  Loop& loop_;
  KeeperResolver resolver_;
  std::unique_ptr<Timer> clock_timer_;
  std::unique_ptr<Timer> keeper_timer_;
  bool storing_ = true;
  bool due_ = true;  ///< the keeper may have something to do in this turn
};

}  // namespace mooring::server
