// SPDX-License-Identifier: GPL-3.0-or-later
// A clock that is set while a keeper runs.
#include <catch2/catch.hpp>

#include "dnschain/keep/keeper.hpp"
#include "dnschain/keep/pin_ledger.hpp"
#include "support/keeper_run.hpp"
#include "support/keeper_world.hpp"

namespace {

using namespace mooring::dnschain;
using namespace mooring::test;
using namespace std::chrono_literals;
using Kind = KeeperEvent::Kind;

TEST_CASE("with the clock set back a chain gets no older and no TTL above the zone's",
          "[dnschain]") {
  World world(20);
  KeeperRun run(world.settings(), world.resolver, kStart);
  run.run_for(5min);
  REQUIRE(run.serve(service()) != nullptr);
  const std::size_t asked = run.asked();
  run.set_clock(run.now() - 1h);
  const WallTime set = run.now();
  run.run_for(0s);
  CHECK(run.asked() > asked);
  // The resolver counts by the same clock and says that an hour more is left.
  run.run_for(10min, [&] {
    const PublishedChain* chain = run.serve(service());
    REQUIRE(chain != nullptr);
    CHECK(chain->until <= run.now() + 25s);
    CHECK(sent_ttl(*chain, RrType::tlsa) <= 20);
  });
  CHECK(run.now() >= set + 10min);
  CHECK(run.count(Kind::withdrawn) == 0);
}

TEST_CASE("with the clock set back and no resolver a chain ends when its time is over",
          "[dnschain]") {
  World world(20);
  KeeperRun run(world.settings(), world.resolver, kStart);
  run.run_for(0s);
  run.set_down(true);
  run.run_for(10s);
  run.set_clock(run.now() - 1h);
  const WallTime set = run.now();
  run.run_until(set + 60s, [&] {
    const bool served = run.serve(service()) != nullptr;
    if (run.now() < set + 10s) CHECK(served);
    if (run.now() > set + 16s) CHECK_FALSE(served);
  });
  CHECK(run.serve(service()) == nullptr);
  run.set_down(false);
  run.run_for(15s);
  CHECK(run.serve(service()) != nullptr);
}

TEST_CASE("with the clock set forward chains are asked for at once", "[dnschain]") {
  World world(20);
  KeeperRun run(world.settings(), world.resolver, kStart);
  run.run_for(5min);
  const std::size_t asked = run.asked();
  run.set_clock(run.now() + 1h);
  run.run_for(0s);
  CHECK(run.asked() > asked);
  REQUIRE(run.serve(service()) != nullptr);
  CHECK(run.serve(service())->until > run.now());
}

TEST_CASE("after a step forward past all signatures and back the chain is there at once",
          "[dnschain]") {
  World world(20);
  KeeperRun run(world.settings(), world.resolver, kStart);
  run.run_for(5min);
  const auto step = world.tree.expiration() - kStart + 24h;
  run.set_clock(run.now() + step);
  run.run_for(10min);
  CHECK(run.serve(service()) == nullptr);
  run.set_clock(run.now() - step);
  run.run_for(1s);
  CHECK(run.serve(service()) != nullptr);
}

TEST_CASE("questions on their way when the clock is set are asked anew", "[dnschain]") {
  const auto step = GENERATE(-24h, 24h);
  World world(3600);
  KeeperRun run(world.settings(), world.resolver, kStart);
  run.set_latency(2s);
  run.run_for(1s);
  run.set_clock(run.now() + step);
  run.run_for(30s);
  REQUIRE(run.serve(service()) != nullptr);
  CHECK(run.serve(service())->until <= run.now() + 3605s);
  CHECK(run.count(Kind::refresh_failed) == 0);
}

TEST_CASE("what caches and clients hold lasts as long as before when the clock is set",
          "[dnschain]") {
  const auto step = GENERATE(-24h, 24h);
  World world(3600);
  KeeperRun run(world.settings(48h), world.resolver, kStart);
  run.run_for(1h);
  const auto before = run.serve(service())->history.front();
  const auto pinned = run.keeper().status().front().pinned_until;
  run.set_down(true);
  run.set_clock(run.now() + step);
  run.run_for(0s);
  const auto* after = run.keeper().table()->last_known("dot.example", Port{853});
  REQUIRE(after != nullptr);
  CHECK(after->history.front().cached_until == before.cached_until + step);
  CHECK(run.keeper().status().front().pinned_until >= pinned + step);
}

}  // namespace
