// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/resolvers.hpp"

#include <catch2/catch.hpp>

#include "support/pool_fixture.hpp"

using namespace mooring::server;
using namespace mooring::test;

namespace {

constexpr Backoff kBackoff{100ms, 400ms};
constexpr TimePoint kNow{1h};

/// Prefers the last one, always.
class LastPolicy final : public ResolverPolicy {
 public:
  std::optional<std::size_t> choose(std::span<const Resolver> resolvers,
                                    TimePoint now) const override {
    for (std::size_t i = resolvers.size(); i-- > 0;) {
      if (resolvers[i].may_be_tried(now)) return i;
    }
    return std::nullopt;
  }
  TimePoint retry_at(std::span<const Resolver> resolvers) const override {
    return resolvers.back().retry_at();
  }
  bool prefers(std::size_t one, std::size_t other) const override { return one > other; }
};

}  // namespace

TEST_CASE("a resolver that fails is left alone for longer each time", "[upstream]") {
  Resolver resolver;
  CHECK(resolver.may_be_tried(kNow));
  for (const auto wait : {100ms, 200ms, 400ms, 400ms}) {
    CHECK(resolver.failed(false, kBackoff, kNow) == ResolverHealth::down);
    CHECK(resolver.retry_at() == kNow + wait);
    CHECK_FALSE(resolver.may_be_tried(kNow + wait - 1ms));
    CHECK(resolver.may_be_tried(kNow + wait));
  }
  // That it accepts a connection does not end this; an answer on a new one does.
  CHECK(resolver.connected() == ResolverHealth::up);
  CHECK_FALSE(resolver.may_be_tried(kNow));
  (void)resolver.answered(false);
  CHECK_FALSE(resolver.may_be_tried(kNow));
  (void)resolver.answered(true);
  CHECK(resolver.may_be_tried(kNow));
}

TEST_CASE("a resolver with a connection left is not down", "[upstream]") {
  Resolver resolver;
  (void)resolver.connected();
  (void)resolver.connected();
  resolver.gone();
  CHECK_FALSE(resolver.failed(false, kBackoff, kNow));
  CHECK_FALSE(resolver.unreachable());
  resolver.gone();
  CHECK(resolver.failed(false, kBackoff, kNow) == ResolverHealth::down);
  CHECK(resolver.unreachable());
}

TEST_CASE("a resolver that ended connections before any answer must answer to be up",
          "[upstream]") {
  Resolver resolver;
  (void)resolver.connected();
  resolver.gone();
  CHECK(resolver.failed(true, kBackoff, kNow) == ResolverHealth::down);
  CHECK_FALSE(resolver.connected());
  CHECK(resolver.answered(true) == ResolverHealth::up);
}

TEST_CASE("silent connections are a failure of the resolver when several come in a row",
          "[upstream]") {
  for (const bool alone : {false, true}) {
    Resolver resolver;
    const Backoff* const backoff = alone ? nullptr : &kBackoff;
    CHECK_FALSE(resolver.stalled(backoff, kNow));
    CHECK_FALSE(resolver.stalled(backoff, kNow));
    (void)resolver.answered(true);
    CHECK_FALSE(resolver.stalled(backoff, kNow));
    CHECK_FALSE(resolver.stalled(backoff, kNow));
    CHECK(resolver.stalled(backoff, kNow) == ResolverHealth::down);
    CHECK(resolver.may_be_tried(kNow) == alone);
  }
}

TEST_CASE("the window of a resolver is what its last connection brought", "[upstream]") {
  Resolver resolver;
  CHECK(resolver.window() > 4096);
  CHECK(resolver.lost(7, kNow) == ResolverHealth::lost);
  CHECK(resolver.window() == 7);
  CHECK_FALSE(resolver.lost(3, kNow + 9s));  // one line for many times
  CHECK(resolver.window() == 3);
  CHECK(resolver.lost(3, kNow + 20s) == ResolverHealth::lost);
}

TEST_CASE("the ordered policy goes on to the next resolver only when those before are down",
          "[upstream]") {
  const auto& policy = ordered_policy();
  std::vector<Resolver> resolvers(3);
  CHECK(policy.choose(resolvers, kNow) == 0U);
  (void)resolvers[0].failed(false, kBackoff, kNow);
  CHECK(policy.choose(resolvers, kNow) == 1U);
  // One that serves, but takes no more connections, is no reason to ask another one.
  (void)resolvers[1].connected();
  (void)resolvers[1].failed(false, kBackoff, kNow);
  CHECK(policy.choose(resolvers, kNow) == std::nullopt);
  CHECK(policy.retry_at(resolvers) == kNow + 100ms);
  CHECK(policy.choose(resolvers, kNow + 100ms) == 0U);
  CHECK(policy.prefers(0, 1));
  CHECK_FALSE(policy.prefers(1, 1));
}

TEST_CASE("an outage is when all resolvers are unreachable", "[upstream]") {
  ScriptedUpstream observer;
  Resolvers resolvers(2, kBackoff, ordered_policy(), &observer);
  resolvers.failed(0, false, "refused", kNow);
  CHECK_FALSE(resolvers.all_down_since());
  resolvers.failed(1, false, "refused", kNow + 1s);
  CHECK(resolvers.all_down_since() == kNow + 1s);
  resolvers.failed(0, false, "refused", kNow + 2s);
  CHECK(resolvers.all_down_since() == kNow + 1s);
  CHECK_FALSE(resolvers.worked());
  resolvers.connected(1);
  CHECK_FALSE(resolvers.all_down_since());
  CHECK(resolvers.worked());
  CHECK(observer.states == "0 unreachable, 1 unreachable, 1 up, ");
}

TEST_CASE("a pool asks the resolver that its policy chooses", "[pool]") {
  const LastPolicy policy;
  ScriptedUpstream upstream;
  SeededIds ids;
  Counters counters;
  UpstreamSettings settings;
  settings.servers = 3;
  UpstreamPool pool(settings, upstream, ids, counters.upstream, &upstream, policy);
  struct Owner final : QueryOwner {
    void on_answer(const Answer&) override {}
    void on_failure(const Query&, QueryFailure) override {}
  } owner;
  const auto message = query(1, "www.example.net");
  const auto ask = [&](TimePoint now) {
    CHECK_FALSE(pool.submit(owner, {message, check_query(message).shape}, now));
  };
  ask(kNow);
  CHECK(upstream.opened == std::vector<std::size_t>{2});
  pool.on_closed(PoolFixture::id(0), "refused", kNow);
  CHECK(upstream.opened == std::vector<std::size_t>{2, 1});
  pool.on_connected(PoolFixture::id(0), kNow);
  // What is preferred is looked for while another one serves.
  ask(kNow + 100ms);
  CHECK(upstream.opened == std::vector<std::size_t>{2, 1, 2});
  pool.cancel(owner);
}
