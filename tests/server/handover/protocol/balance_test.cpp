// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/handover/protocol/balance.hpp"

#include <catch2/catch.hpp>
#include <vector>

using namespace mooring::server;

TEST_CASE("the host with the fewest sessions for its weight gets the next one", "[server]") {
  struct Case {
    std::vector<BackendLoad> backends;
    std::optional<std::size_t> expected;
  };
  const std::vector<Case> cases{
      {{}, std::nullopt},
      {{{false, 1, 0}}, std::nullopt},
      {{{true, 0, 0}}, std::nullopt},
      {{{true, 1, 5}, {true, 1, 4}, {true, 1, 4}}, 1},
      {{{true, 1, 5}, {false, 1, 0}}, 0},
      {{{true, 1, 5}, {true, 3, 12}}, 1},
      {{{true, 1, 3}, {true, 3, 12}}, 0},
      {{{true, 1, 0}, {true, 4, 0}}, 1},
      {{{true, UINT32_MAX, 1'000'000}, {true, 1, 1'000'000}}, 0},
  };
  for (const Case& one : cases) CHECK(with_fewest(one.backends) == one.expected);
}

TEST_CASE("sessions come to hosts in the ratio of their weights", "[server]") {
  std::vector<BackendLoad> backends{{true, 1, 0}, {true, 2, 0}, {true, 5, 0}};
  for (int i = 0; i < 800; ++i) ++backends[with_fewest(backends).value()].sessions;
  CHECK(backends[0].sessions == 100);
  CHECK(backends[1].sessions == 200);
  CHECK(backends[2].sessions == 500);
}
