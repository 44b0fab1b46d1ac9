// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/phase.hpp"

#include <catch2/catch.hpp>

using namespace mooring::server;

TEST_CASE("no phase of the service comes twice, and nothing comes after the end", "[server]") {
  for (const auto& [now, next] : kSuccessors) {
    CHECK(now < next);
    CHECK_FALSE(may_follow(next, now));
    CHECK_FALSE(may_follow(Phase::ended, next));
  }
  CHECK(may_follow(Phase::starting, Phase::serving));
  CHECK_FALSE(may_follow(Phase::starting, Phase::draining));
  for (const Phase phase : {Phase::starting, Phase::serving, Phase::draining}) {
    CHECK(may_follow(phase, Phase::ended));
    CHECK_FALSE(may_follow(phase, phase));
  }
}
