// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/clock_check.hpp"

#include <catch2/catch.hpp>

using namespace mooring;
using namespace mooring::server;
using namespace std::chrono_literals;

TEST_CASE("a clock that is behind the day on which the program was built is called wrong",
          "[server]") {
  const dnschain::WallTime built{std::chrono::seconds{1'790'000'000}};
  CHECK(clock_fault(built - 1s, built)->find("2026-09-21T14:13:19Z") != std::string::npos);
  CHECK(clock_fault(dnschain::WallTime{}, built)->find("1970-01-01") != std::string::npos);
  CHECK_FALSE(clock_fault(built, built));
  CHECK_FALSE(clock_fault(built + 24h, built));
}
