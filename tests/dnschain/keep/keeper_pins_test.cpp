// SPDX-License-Identifier: GPL-3.0-or-later
// Support lifetimes are announced only as far as they are on disk (RFC 9102, 10).
#include <catch2/catch.hpp>

#include "dnschain/keep/keeper.hpp"
#include "support/keeper_run.hpp"
#include "support/keeper_world.hpp"

namespace {

using namespace mooring::dnschain;
using namespace mooring::test;
using namespace std::chrono_literals;

TEST_CASE("keeper announces no support lifetime that could not be stored", "[dnschain]") {
  World world;
  KeeperRun run(world.settings(48h), world.resolver, kStart);
  run.set_disk_full(true);
  run.run_for(2h, [&] {
    const PublishedChain* chain = run.serve(service());
    REQUIRE(chain != nullptr);
    CHECK(sent_lifetime(*chain) == 0h);
  });
  CHECK(run.keeper().status().front().support_lifetime == 0h);
  CHECK(run.keeper().status().front().pinned_until == WallTime{});
  run.set_disk_full(false);
  run.run_for(0s);
  CHECK(sent_lifetime(*run.serve(service())) == 48h);
  CHECK(run.keeper().status().front().support_lifetime == 48h);
}

TEST_CASE("keeper never announces beyond what a crash would leave on disk", "[dnschain]") {
  World world;
  KeeperRun run(world.settings(48h), world.resolver, kStart);
  run.run_for(3h);
  run.set_disk_full(true);
  const WallTime on_disk = run.stored().services.front().pinned_until;
  run.run_for(50h, [&] {
    const PublishedChain* chain = run.serve(service());
    REQUIRE(chain != nullptr);
    const auto lifetime = sent_lifetime(*chain);
    if (lifetime > 0h) CHECK(run.now() + lifetime <= on_disk);
    // Nor is what was promised taken away earlier than it must be.
    if (run.now() + 2h < on_disk) CHECK(run.now() + lifetime + 2h > on_disk);
  });
  CHECK(sent_lifetime(*run.serve(service())) == 0h);
  CHECK(run.stored().services.front().pinned_until == on_disk);
}

TEST_CASE("a longer lifetime is announced once it is stored, a shorter one at once", "[dnschain]") {
  World world;
  KeeperRun run(world.settings(24h), world.resolver, kStart);
  run.run_for(1min);
  run.set_disk_full(true);
  run.keeper().reconfigure(world.settings(72h), run.now());
  run.run_for(0s);
  CHECK(sent_lifetime(*run.serve(service())) == 24h);
  run.keeper().reconfigure(world.settings(12h), run.now());
  run.run_for(0s);
  CHECK(sent_lifetime(*run.serve(service())) == 12h);
  run.keeper().reconfigure(world.settings(72h), run.now());
  run.set_disk_full(false);
  run.run_for(0s);
  CHECK(sent_lifetime(*run.serve(service())) == 72h);
}

}  // namespace
