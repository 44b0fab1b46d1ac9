// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dnschain/keep/keeper.hpp"
#include "server/chain/resolver_settings.hpp"
#include "server/io/loop.hpp"
#include "server/observe/metrics.hpp"
#include "server/upstream/pool.hpp"
#include "server/upstream/random_ids.hpp"
#include "server/worker/upstream_links.hpp"

namespace mooring::server {

/// Gets what came of each question: exactly one of the two, unless the resolver is destroyed
/// before.
class AskOwner {
 public:
  /// `message` is valid during the call.
  virtual void on_answer(dnschain::Keeper::AskId id, ByteView message) = 0;
  /// `why` is one line for a person.
  virtual void on_failure(dnschain::Keeper::AskId id, const std::string& why) = 0;

 protected:
  ~AskOwner() = default;
};

/// Asks a keeper's questions over TCP.
class KeeperResolver final : public UpstreamObserver {
 public:
  /// `loop` and `owner` must outlive this.
  KeeperResolver(Loop& loop, ResolverSettings settings, AskOwner& owner);
  ~KeeperResolver();

  /// May fail at once, from inside this function.
  void ask(const dnschain::Keeper::Ask& what);
  /// Other resolvers, or other bounds; nothing happens when they are the same.
  void set(const ResolverSettings& settings);
  /// Sends what was asked in this turn of the loop. To be called at the end of each.
  void end_turn();

 private:
  class Ask;
  void on_upstream_state(std::size_t server, UpstreamState state, std::string_view reason) override;
  [[nodiscard]] std::string explain(QueryFailure why) const;

  Loop& loop_;
  ResolverSettings settings_;
  AskOwner& owner_;
  RandomIds ids_;
  UpstreamCounters counters_;
  std::map<std::size_t, std::string> trouble_;  ///< what happened to a server last, unless it is up
  UpstreamLinks links_;
  UpstreamPool pool_;
  std::unique_ptr<Timer> timer_;
  std::vector<std::unique_ptr<Ask>> asks_;
};

}  // namespace mooring::server
