// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/chain/clock_watch.hpp"

#include <catch2/catch.hpp>

using namespace mooring::server;
using namespace std::chrono_literals;

TEST_CASE("a clock that was set is noticed in either direction, once", "[server]") {
  const auto step = GENERATE(-3600s, -2s, 2s, 60s, 86400s);
  ClockWatch watch;
  ClockWatch::Wall wall{1'800'000'000s};
  ClockWatch::Monotonic monotonic{5'000s};
  CHECK(watch.look(wall, monotonic) == 0s);
  CHECK(watch.look(wall += 10s, monotonic += 10s) == 0s);
  CHECK(watch.look(wall += 1s + step, monotonic += 1s) == step);
  CHECK(watch.look(wall += 1s, monotonic += 1s) == 0s);
  CHECK(watch.look(wall += 1s - step, monotonic += 1s) == -step);
}

TEST_CASE("clocks that were not read at the same instant are no step, small ones add up",
          "[server]") {
  ClockWatch watch;
  ClockWatch::Wall wall{1'800'000'000s};
  ClockWatch::Monotonic monotonic{0s};
  CHECK(watch.look(wall, monotonic) == 0s);
  CHECK(watch.look(wall + 1s + 900ms, monotonic + 1s) == 0s);
  CHECK(watch.look(wall + 2s - 900ms, monotonic + 2s) == 0s);
  CHECK(watch.look(wall + 3s + 1500ms, monotonic + 3s) == 0s);
  CHECK(watch.look(wall + 4s + 3000ms, monotonic + 4s) == 3s);
}
