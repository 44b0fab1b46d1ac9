// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/config/duration.hpp"

#include <catch2/catch.hpp>

using namespace mooring::server;
using namespace std::chrono_literals;

TEST_CASE("a duration is a whole number and its unit", "[server]") {
  const auto [text, value] =
      GENERATE(table<std::string, std::chrono::milliseconds>({{"0s", 0ms},
                                                              {"250ms", 250ms},
                                                              {"10s", 10s},
                                                              {"90m", 90min},
                                                              {"0h", 0ms},
                                                              {"12h", 12h},
                                                              {"7d", 168h}}));
  CHECK(parse_duration(text) == value);
}

TEST_CASE("what is no duration is refused", "[server]") {
  const auto text = GENERATE(as<std::string>{}, "", "s", "10", "10 s", " 10s", "1.5s", "-1s", "+1s",
                             "10S", "10sec", "10s ", "99999999999999999999s", "36526d");
  CHECK_FALSE(parse_duration(text).has_value());
}

TEST_CASE("a duration is written in the largest unit that fits", "[server]") {
  CHECK(duration_text(0ms) == "0s");
  CHECK(duration_text(1500ms) == "1500ms");
  CHECK(duration_text(90s) == "90s");
  CHECK(duration_text(2min) == "2m");
  CHECK(duration_text(48h) == "48h");
}
