// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/keep/keeper.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "dnschain/proof/serialiser.hpp"
#include "support/keeper_run.hpp"
#include "support/keeper_world.hpp"

namespace {

using namespace mooring::dnschain;
using namespace mooring::test;
using namespace std::chrono_literals;
using Catch::Contains;
using Kind = KeeperEvent::Kind;

TEST_CASE("keeper builds at its first tick and serves what it verified", "[dnschain]") {
  World world;
  KeeperRun run(world.settings(), world.resolver, kStart);
  CHECK(run.serve(service()) == nullptr);
  run.run_for(0s);
  const PublishedChain* chain = run.serve(service());
  REQUIRE(chain != nullptr);
  CHECK(chain->kind == VerdictKind::secure);
  CHECK(chain->tlsa.size() == 1);
  CHECK(chain->until == kStart + 3605s);
  const auto body = parse_extension_body(*chain->body).value();
  CHECK(verify(body.records, service(), world.tree.anchor(), kStart).kind == VerdictKind::secure);
  CHECK(run.count(Kind::published) == 1);
}

TEST_CASE("keeper serves the denial and the insecure delegation too", "[dnschain]") {
  SignedTree tree;
  tree.zone({"example."}).zone({.name = "bare.example.", .is_signed = false});
  tree.address("dot.example.");
  CachingResolver resolver(
      [&](const Question& question, WallTime) { return tree.answer(question); });
  KeeperSettings settings;
  settings.anchor = tree.anchor();
  settings.services.push_back({service(), 0h, {}});
  settings.services.push_back({service("dot.bare.example"), 0h, {}});
  KeeperRun run(settings, resolver, kStart);
  run.run_for(0s);
  REQUIRE(run.serve(service()) != nullptr);
  CHECK(run.serve(service())->kind == VerdictKind::denial);
  REQUIRE(run.serve(service("dot.bare.example")) != nullptr);
  CHECK(run.serve(service("dot.bare.example"))->kind == VerdictKind::insecure);
}

TEST_CASE("keeper publishes nothing that does not verify", "[dnschain]") {
  World world;
  KeeperSettings settings = world.settings();
  SignedTree other({.name = ".", .one_key = true});
  other.at(".").keys.front().key = &SigningKey::of(13, "another root");
  settings.anchor = other.anchor();
  KeeperRun run(settings, world.resolver, kStart);
  run.run_for(60s, [&] { CHECK(run.serve(service()) == nullptr); });
  REQUIRE(run.count(Kind::refresh_failed) >= 1);
  CHECK_THAT(run.events().front().text, Contains("does not verify"));
  const auto status = run.keeper().status();
  REQUIRE(status.size() == 1);
  CHECK_FALSE(status.front().published);
  CHECK(status.front().failures > 3);
}

TEST_CASE("keeper never serves a chain past its TTL and grace", "[dnschain]") {
  World world(600);
  KeeperSettings settings = world.settings();
  settings.grace = 7s;
  KeeperRun run(settings, world.resolver, kStart);
  run.run_for(0s);
  run.set_down(true);
  run.run_until(kStart + 606s, [&] { CHECK(run.serve(service()) != nullptr); });
  run.run_until(kStart + 608s);
  CHECK(run.serve(service()) == nullptr);
  CHECK(run.count(Kind::withdrawn) == 1);
  CHECK(run.count(Kind::refresh_failed) == 1);  // said once, not at every retry
  const auto table = run.keeper().table();
  CHECK(table->find("dot.example", Port{853}) == nullptr);
  const PublishedChain* last = table->last_known("dot.example", Port{853});
  REQUIRE(last != nullptr);
  CHECK(last->body == nullptr);
  CHECK(last->tlsa.size() == 1);
  run.set_down(false);
  run.run_for(11s);
  CHECK(run.serve(service()) != nullptr);
}

TEST_CASE("keeper never serves a chain past its signatures, whatever the grace", "[dnschain]") {
  World world(7 * 86400);
  KeeperSettings settings = world.settings();
  settings.grace = 3600s;
  KeeperRun run(settings, world.resolver, world.tree.expiration() - 2h);
  run.run_for(0s);
  REQUIRE(run.serve(service()) != nullptr);
  CHECK(run.serve(service())->until == world.tree.expiration() + 1s);
  run.run_for(3h, [&] {
    const PublishedChain* chain = run.serve(service());
    if (chain == nullptr) return;
    const auto body = parse_extension_body(*chain->body).value();
    CHECK(verify(body.records, service(), world.tree.anchor(), run.now()).kind ==
          VerdictKind::secure);
  });
  CHECK(run.serve(service()) == nullptr);
  CHECK(run.count(Kind::bound_near) == 1);
  CHECK(run.count(Kind::withdrawn) == 1);
}

TEST_CASE("keeper keeps a chain in service at every TTL", "[dnschain]") {
  const std::uint32_t ttl = GENERATE(0U, 1U, 2U, 5U, 60U, 3600U, 604800U);
  World world(ttl);
  KeeperRun run(world.settings(), world.resolver, kStart);
  run.set_latency(1s);
  run.run_for(3s);
  INFO("TTL " << ttl);
  std::size_t steps = 0;
  const auto time = std::clamp(3s * ttl, std::chrono::seconds(60), std::chrono::seconds(864000));
  run.run_for(time, [&] {
    CHECK(run.serve(service()) != nullptr);
    ++steps;
  });
  CHECK(run.count(Kind::withdrawn) == 0);
  CHECK(run.count(Kind::published) == 1);
  // About as many refreshes as the TTLs ask for: no loop, and no more than one a second.
  CHECK(run.asked() <=
        40 + 60 * static_cast<std::size_t>(time.count()) / std::clamp<std::size_t>(ttl, 5, 3600));
}

TEST_CASE("keeper sends TTLs that never outlast the records", "[dnschain]") {
  World world(600);
  KeeperRun run(world.settings(), world.resolver, kStart);
  run.run_for(0s);
  run.set_down(true);
  std::uint32_t last = 600;
  for (auto time = 0s; time < 604s; time += 1s) {
    run.run_until(kStart + time);
    REQUIRE(run.serve(service()) != nullptr);
    const std::uint32_t ttl = sent_ttl(*run.serve(service()), RrType::tlsa);
    CHECK(time + std::chrono::seconds(ttl) <= std::max(600s, time));
    CHECK(time + std::chrono::seconds(ttl) >= 520s);  // and it is not much less than remains
    CHECK(ttl <= last);
    last = ttl;
  }
}

TEST_CASE("keeper retries a failed refresh while the old chain is good", "[dnschain]") {
  World world(3600);
  KeeperRun run(world.settings(), world.resolver, kStart);
  run.run_for(0s);
  run.set_down(true);
  run.run_for(3550s);
  CHECK(run.serve(service()) != nullptr);
  const auto failed = run.keeper().status().front();
  CHECK(failed.failures > 1);
  CHECK(failed.failures < 90);  // with backoff
  CHECK_THAT(failed.last_failure, Contains("connection refused"));
  run.set_down(false);
  run.run_for(60s);
  CHECK(run.keeper().status().front().last_failure.empty());
}

TEST_CASE("keeper counts a question without an answer as failed", "[dnschain]") {
  World world;
  KeeperRun run(world.settings(), world.resolver, kStart);
  run.set_latency(1h);
  run.run_for(30s);
  REQUIRE(run.count(Kind::refresh_failed) >= 1);
  CHECK_THAT(run.events().front().text, Contains("did not answer in time"));
}

TEST_CASE("keeper ignores answers that nobody waits for", "[dnschain]") {
  World world;
  KeeperRun run(world.settings(), world.resolver, kStart);
  run.run_for(0s);
  const auto table = run.keeper().table();
  run.keeper().answer(1, world.tree.message({Name::parse(kOwner).value(), RrType::tlsa}), kStart);
  run.keeper().answer(4711, {}, kStart);
  run.keeper().fail(4712, "late", kStart);
  CHECK(run.keeper().table() == table);
}

TEST_CASE("keeper says when no TLSA record matches, once, and when one does again", "[dnschain]") {
  World world;
  KeeperSettings settings = world.settings();
  settings.services.front().presented.raw_public_key = Bytes(91, std::byte{1});
  KeeperRun run(settings, world.resolver, kStart);
  run.run_for(10min);
  CHECK(run.count(Kind::mismatch) == 1);
  CHECK(run.keeper().status().front().matches == false);
  CHECK(run.serve(service()) != nullptr);
  settings.services.front().presented = {};
  run.keeper().reconfigure(settings, run.now());
  CHECK_FALSE(run.keeper().status().front().matches.has_value());
}

TEST_CASE("keeper starts from its stored state when the resolver is down", "[dnschain]") {
  World world;
  KeeperState stored;
  {
    KeeperRun run(world.settings(), world.resolver, kStart);
    run.run_for(0s);
    stored = run.stored();
  }
  KeeperRun run(world.settings(), world.resolver, kStart + 1000s, stored);
  run.set_down(true);
  run.run_for(0s);
  REQUIRE(run.serve(service()) != nullptr);
  CHECK(run.serve(service())->until == kStart + 3605s);
  CHECK(sent_ttl(*run.serve(service()), RrType::tlsa) <= 2600);
  CHECK(run.count(Kind::restored) == 1);

  KeeperRun late(world.settings(), world.resolver, kStart + 2h, stored);
  late.set_down(true);
  late.run_for(0s);
  CHECK(late.serve(service()) == nullptr);
}

TEST_CASE("keeper does not serve a stored chain that another anchor no longer proves",
          "[dnschain]") {
  World world;
  KeeperRun first(world.settings(), world.resolver, kStart);
  first.run_for(0s);
  KeeperSettings settings = world.settings();
  SignedTree other;
  other.at(".").keys.front().key = &SigningKey::of(13, "yet another root");
  settings.anchor = other.anchor();
  KeeperRun second(settings, world.resolver, kStart + 1s, first.stored());
  second.set_down(true);
  second.run_for(0s);
  CHECK(second.serve(service()) == nullptr);
  // The same while running.
  first.keeper().reconfigure(settings, first.now());
  first.run_for(0s);
  CHECK(first.serve(service()) == nullptr);
  CHECK(first.count(Kind::withdrawn) == 1);
}

TEST_CASE("keeper withdraws what it cannot know any more when the clock is set back",
          "[dnschain]") {
  World world;
  KeeperRun run(world.settings(), world.resolver, kStart);
  run.run_for(0s);
  run.set_down(true);
  run.set_clock(world.tree.inception() - 1h);
  run.run_for(1s);
  CHECK(run.serve(service()) == nullptr);
}

TEST_CASE("keeper remembers pins across restarts and keeps up what was removed", "[dnschain]") {
  World world;
  KeeperRun first(world.settings(48h), world.resolver, kStart);
  first.run_for(2h);
  const auto end = first.keeper().status().front().pinned_until;
  CHECK(end >= kStart + 50h - 60s);
  CHECK(end <= kStart + 50h);
  CHECK(parse_extension_body(*first.serve(service())->body)->support_lifetime == 48h);

  KeeperSettings without = world.settings();
  without.services.clear();
  KeeperRun second(without, world.resolver, kStart + 3h, first.stored());
  second.run_for(10s);
  REQUIRE(second.serve(service()) != nullptr);
  CHECK(second.serve(service())->removed);
  CHECK(parse_extension_body(*second.serve(service())->body)->support_lifetime == 0h);
  REQUIRE(second.count(Kind::pins_held) == 1);
  CHECK(second.keeper().status().front().pinned_until >= end);
  // Another restart changes nothing about it.
  KeeperRun third(without, world.resolver, kStart + 4h, second.stored());
  third.run_until(end, [&] { CHECK(third.serve(service()) != nullptr); });
  third.run_for(2h);
  CHECK(third.serve(service()) == nullptr);
  CHECK(third.count(Kind::pins_expired) == 1);
  CHECK(third.stored().services.empty());
}

TEST_CASE("keeper holds a service that is removed while it runs, unless told to forget",
          "[dnschain]") {
  const bool forget = GENERATE(false, true);
  World world;
  KeeperRun run(world.settings(24h), world.resolver, kStart);
  run.run_for(1h);
  KeeperSettings without = world.settings();
  without.services.clear();
  if (forget) without.forget.push_back(service());
  run.keeper().reconfigure(without, run.now());
  run.run_for(10s);
  CHECK((run.serve(service()) == nullptr) == forget);
  CHECK(run.count(Kind::forgotten) == (forget ? 1 : 0));
  CHECK(run.count(Kind::pins_held) == (forget ? 0 : 1));
  run.run_for(25h);
  CHECK(run.serve(service()) == nullptr);
}

TEST_CASE("keeper drops a removed service at once when nobody can hold a pin", "[dnschain]") {
  World world;
  KeeperRun run(world.settings(), world.resolver, kStart);
  run.run_for(1h);
  KeeperSettings without = world.settings();
  without.services.clear();
  run.keeper().reconfigure(without, run.now());
  run.run_for(0s);
  CHECK(run.serve(service()) == nullptr);
  CHECK(run.keeper().status().empty());
}

TEST_CASE("lifetime 0 is announced until the pins of the old lifetime have run out", "[dnschain]") {
  World world;
  KeeperRun run(world.settings(24h), world.resolver, kStart);
  run.run_for(1h);
  run.keeper().reconfigure(world.settings(0h), run.now());
  run.run_for(10h);
  CHECK(parse_extension_body(*run.serve(service())->body)->support_lifetime == 0h);
  const auto end = run.keeper().status().front().pinned_until;
  CHECK(end <= kStart + 25h);
  CHECK(end >= kStart + 25h - 60s);
}

TEST_CASE("keeper keeps many services fresh at once", "[dnschain]") {
  SignedTree tree;
  tree.zone({"example."});
  KeeperSettings settings;
  for (int i = 0; i < 100; ++i) {
    const std::string host = "h" + std::to_string(i) + ".example";
    tree.tlsa("_853._tcp." + host + ".", 0xab, 300);
    settings.services.push_back({service(host), 0h, {}});
  }
  settings.anchor = tree.anchor();
  CachingResolver resolver(
      [&](const Question& question, WallTime) { return tree.answer(question); });
  KeeperRun run(settings, resolver, kStart);
  run.set_latency(1s);
  run.run_for(30s);
  run.run_for(20min, [&] {
    for (const KeptService& each : settings.services) CHECK(run.serve(each.service) != nullptr);
  });
  CHECK(run.count(Kind::withdrawn) == 0);
}

}  // namespace
