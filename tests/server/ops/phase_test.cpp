// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/phase.hpp"

#include <catch2/catch.hpp>

using namespace mooring::server;

TEST_CASE("only a hand-over may come to nothing, and nothing comes after the end", "[server]") {
  for (const auto& [now, next] : kSuccessors) {
    const bool back = now == Phase::handing_over && next == Phase::serving;
    CHECK((now < next) != back);
    if (now != Phase::serving || next != Phase::handing_over) CHECK(may_follow(next, now) == back);
    CHECK_FALSE(may_follow(Phase::ended, next));
  }
  CHECK(may_follow(Phase::starting, Phase::serving));
  CHECK_FALSE(may_follow(Phase::starting, Phase::draining));
  for (const Phase phase : {Phase::starting, Phase::serving, Phase::draining}) {
    CHECK(may_follow(phase, Phase::ended));
    CHECK_FALSE(may_follow(phase, phase));
  }
}
