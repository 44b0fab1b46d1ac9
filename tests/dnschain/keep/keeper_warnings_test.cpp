// SPDX-License-Identifier: GPL-3.0-or-later
// What a keeper warns of: that clients cannot authenticate, and why a refresh failed.
#include <catch2/catch.hpp>

#include "dnschain/keep/keeper.hpp"
#include "support/keeper_run.hpp"
#include "support/keeper_world.hpp"

namespace {

using namespace mooring::dnschain;
using namespace mooring::test;
using namespace std::chrono_literals;
using Catch::Contains;
using Kind = KeeperEvent::Kind;

/// A zone, signed or not, without a TLSA RRset.
struct BareWorld : World {
  explicit BareWorld(bool is_signed = true) {
    tree = SignedTree(spec(".", 3600));
    ZoneSpec zone = spec("example.", 3600);
    zone.is_signed = is_signed;
    tree.zone(zone);
    tree.address("dot.example.");
  }
};

TEST_CASE("a name without a TLSA record is a warning at the start and daily", "[dnschain]") {
  BareWorld world(GENERATE(true, false));
  KeeperRun run(world.settings(), world.resolver, kStart);
  run.run_for(0s);
  REQUIRE(run.count(Kind::no_tlsa) == 1);
  CHECK_THAT(run.events().back().text, Contains("no client can authenticate"));
  run.run_for(23h);
  CHECK(run.count(Kind::no_tlsa) == 1);
  run.run_for(3h);
  CHECK(run.count(Kind::no_tlsa) == 2);
  // After a restart too, from what was stored.
  KeeperRun later(world.settings(), world.resolver, run.now(), run.stored());
  later.set_down(true);
  later.run_for(0s);
  CHECK(later.count(Kind::no_tlsa) == 1);
}

TEST_CASE("the record that goes is a warning, the one that comes back ends it", "[dnschain]") {
  World world;
  const SignedTree with = world.tree;
  KeeperRun run(world.settings(), world.resolver, kStart);
  const auto turn = [&](const SignedTree& tree) {
    world.tree = tree;
    world.resolver.flush();
    run.keeper().refresh(run.now());
    run.run_for(10s);
  };
  run.run_for(1h);
  CHECK(run.count(Kind::no_tlsa) == 0);
  const BareWorld bare;
  turn(bare.tree);
  CHECK(run.count(Kind::no_tlsa) == 1);
  turn(with);
  run.run_for(48h);
  CHECK(run.count(Kind::no_tlsa) == 1);
}

TEST_CASE("records that do not match are a warning daily", "[dnschain]") {
  World world;
  KeeperSettings settings = world.settings();
  settings.services.front().presented.raw_public_key = Bytes(91, std::byte{1});
  KeeperRun run(settings, world.resolver, kStart);
  run.run_for(23h);
  CHECK(run.count(Kind::mismatch) == 1);
  run.run_for(3h);
  CHECK(run.count(Kind::mismatch) == 2);
}

TEST_CASE("a service kept up for pins is not warned about: its denial is what is wanted",
          "[dnschain]") {
  BareWorld world;
  KeeperRun run(world.settings(48h), world.resolver, kStart);
  run.run_for(1h);
  KeeperSettings without = world.settings();
  without.services.clear();
  run.keeper().reconfigure(without, run.now());
  run.run_for(30h);
  CHECK(run.count(Kind::no_tlsa) == 1);
}

TEST_CASE("a failed refresh tells no end of a chain that never was", "[dnschain]") {
  World world;
  KeeperRun run(world.settings(), world.resolver, kStart);
  run.set_down(true);
  run.run_for(1min);
  REQUIRE(run.count(Kind::refresh_failed) >= 1);
  CHECK(run.events().front().until == WallTime{});
  CHECK_THAT(run.events().front().text, Contains("connection refused"));
}

}  // namespace
