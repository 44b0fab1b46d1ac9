// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dnschain/keep/keeper.hpp"
#include "dnschain/keep/state_store.hpp"
#include "server/chain/clock_watch.hpp"
#include "server/chain/resolver_settings.hpp"
#include "server/io/loop.hpp"
#include "server/observe/log.hpp"
#include "server/observe/metrics.hpp"
#include "server/upstream/pool.hpp"
#include "server/upstream/random_ids.hpp"
#include "server/worker/upstream_links.hpp"

namespace mooring::server {

/// What the keeper of an earlier run left, and where to leave what this one has.
struct ChainMemory {
  std::optional<dnschain::StateStore> store;  ///< none: nothing is kept
  dnschain::KeeperState state;

  /// The names for which clients may hold pins now.
  [[nodiscard]] std::vector<std::string> pinned_names() const;
};

/// Runs a keeper: gives it the time, asks its questions over TCP, logs what it says, stores its
/// state, and passes on what it publishes.
class ChainService {
 public:
  /// `publish` gets each new table, `settled` is called once: when every service has got a chain or
  /// failed to. Both from the loop. `log` and `loop` must outlive this.
  ChainService(Loop& loop, Log& log, dnschain::KeeperSettings settings, ResolverSettings resolver,
               ChainMemory memory,
               std::function<void(std::shared_ptr<const dnschain::ChainTable>)> publish,
               std::function<void()> settled);
  ~ChainService();

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
  /// How the chains stand now, and what has happened to them since the start.
  [[nodiscard]] KeeperMetrics metrics() const;

 private:
  class Ask;
  class Troubles;
  void run();
  void ask(const dnschain::Keeper::Ask& what);
  void log_event(const dnschain::KeeperEvent& event);
  void note_settled(const dnschain::KeeperEvent& event);
  [[nodiscard]] std::string explain(QueryFailure why) const;
  void store_state();
  void note_stored(const std::string& fault);
  void watch_clock();
  void set_timers();
  void end_turn();

  Log& log_;
  std::function<void(std::shared_ptr<const dnschain::ChainTable>)> publish_;
  std::function<void()> settled_;
  std::vector<dnschain::Service> unsettled_;
  std::optional<dnschain::StateStore> store_;
  std::string store_fault_;               ///< the last one logged; empty while storing goes well
  std::optional<TimePoint> store_again_;  ///< after a fault
  dnschain::Keeper keeper_;
  std::array<std::uint64_t, dnschain::KeeperEvent::kKinds> events_{};  ///< by kind
  std::shared_ptr<const dnschain::ChainTable> published_;
  RandomIds ids_;
  UpstreamCounters counters_;
  ResolverSettings resolver_settings_;
  UpstreamLinks links_;
  std::unique_ptr<Troubles> troubles_;
  UpstreamPool resolver_;
  Loop& loop_;
  ClockWatch clock_;
  std::unique_ptr<Timer> clock_timer_;
  std::unique_ptr<Timer> keeper_timer_;
  std::unique_ptr<Timer> resolver_timer_;
  std::vector<std::unique_ptr<Ask>> asks_;
  bool due_ = true;
};

}  // namespace mooring::server
