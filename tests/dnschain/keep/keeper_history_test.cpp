// SPDX-License-Identifier: GPL-3.0-or-later
// What a keeper knows of the TLSA RRsets that caches may hold.
#include <catch2/catch.hpp>

#include "dnschain/keep/keeper.hpp"
#include "dnschain/keep/state_file.hpp"
#include "support/keeper_run.hpp"
#include "support/keeper_world.hpp"

namespace {

using namespace mooring::dnschain;
using namespace mooring::test;
using namespace std::chrono_literals;

/// Puts another tree in the place of the one that is served, and asks for what is in it.
void replace(World& world, KeeperRun& run, World with) {
  world.tree = std::move(with.tree);
  world.resolver.flush();
  run.keeper().refresh(run.now());
  run.run_for(5s);
}

TEST_CASE("keeper tells until when caches hold a replaced TLSA RRset, over restarts",
          "[dnschain]") {
  World world(86400);
  KeeperRun run(world.settings(), world.resolver, kStart);
  run.run_for(1h);
  CHECK(run.serve(service())->history.size() == 1);
  replace(world, run, World(60));
  run.run_for(5min);
  const WallTime changed = run.now();
  World both(60);
  both.tree.tlsa(kOwner, 0xcd, 60);
  replace(world, run, std::move(both));
  const auto history = run.serve(service())->history;
  REQUIRE(history.size() == 2);
  CHECK(history.front().records.size() == 1);
  CHECK(history.front().cached_until >= kStart + 1h + 86400s);
  CHECK(history.back().records.size() == 2);
  CHECK(history.back().since >= changed);
  CHECK(history.back().ttl == 60s);

  // Another keeper, hours later, with a resolver that is away: no chain, but it knows.
  const auto stored = decode_state(encode_state(run.stored())).value();
  CHECK(remembered_chains(stored).last_known("dot.example", Port{853})->history == history);
  KeeperRun later(world.settings(), world.resolver, run.now() + 2h, stored);
  later.set_down(true);
  later.run_for(0s);
  CHECK(later.serve(service()) == nullptr);
  const PublishedChain* last = later.keeper().table()->last_known("dot.example", Port{853});
  REQUIRE(last != nullptr);
  CHECK(last->history == history);
  later.set_down(false);
  later.run_for(2min);
  REQUIRE(later.serve(service()) != nullptr);
  CHECK(later.serve(service())->history.front() == history.front());
  CHECK(later.serve(service())->history.back().since == history.back().since);
}

TEST_CASE("a chain from a state file without history counts from when it was fetched",
          "[dnschain]") {
  World world(3600);
  KeeperRun run(world.settings(), world.resolver, kStart);
  run.run_for(0s);
  KeeperState stored = run.stored();
  stored.services.front().history.clear();
  KeeperRun later(world.settings(), world.resolver, kStart + 10min, stored);
  later.set_down(true);
  later.run_for(0s);
  REQUIRE(later.serve(service()) != nullptr);
  CHECK(later.serve(service())->history.front().since == kStart);
}

}  // namespace
