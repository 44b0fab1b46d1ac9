// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/base/time_text.hpp"

#include <catch2/catch.hpp>

#include "dnschain/base/time_text.hpp"

using namespace mooring::tools;
using mooring::dnschain::WallTime;
using std::chrono::seconds;

TEST_CASE("times are understood as seconds or as RFC 3339 writes them", "[tools]") {
  struct Case {
    std::string text;
    std::int64_t epoch;
  };
  const auto given = GENERATE(values<Case>({{"0", 0},
                                            {"1543363200", 1543363200},
                                            {"2018-11-28T00:00:00Z", 1543363200},
                                            {"2018-11-28", 1543363200},
                                            {"2030-01-01", 1893456000},
                                            {"2018-11-28t00:00:00z", 1543363200},
                                            {"2018-11-28 00:00:00Z", 1543363200},
                                            {"2018-11-28T00:00:00.999Z", 1543363200},
                                            {"2018-11-28T02:30:00+02:30", 1543363200},
                                            {"2018-11-27T19:00:00-05:00", 1543363200},
                                            {"2024-02-29T12:34:56Z", 1709210096},
                                            {"2016-12-31T23:59:60Z", 1483228800},
                                            {"9999-12-31T23:59:59Z", 253402300799}}));
  INFO(given.text);
  REQUIRE(parse_time(given.text).has_value());
  CHECK(parse_time(given.text)->time_since_epoch().count() == given.epoch);
}

TEST_CASE("what is no time is refused", "[tools]") {
  const auto text = GENERATE(
      as<std::string>{}, "", "now", "-1", "1e9", " 1", "253402300800", "2018-11", "2018-11-28T",
      "2018-02-30", "2018-11-28T00:00:00", "2018-11-28T00:00Z", "2018-13-01T00:00:00Z",
      "2018-02-29T00:00:00Z", "2018-11-28T24:00:00Z", "2018-11-28T00:60:00Z",
      "2018-11-28T00:00:61Z", "2018-11-28T00:00:00.Z", "2018-11-28T00:00:00+1:00",
      "2018-11-28T00:00:00Z ", "18-11-28T00:00:00Z", "2018-11-28T00:00:00+25:00");
  INFO(text);
  CHECK_FALSE(parse_time(text).has_value());
}

TEST_CASE("a time is written as RFC 3339 has it and read back", "[tools]") {
  const auto epoch = GENERATE(as<std::int64_t>{}, 0, 1543363200, 1606867199, 4102444800);
  const WallTime time{seconds{epoch}};
  CHECK(parse_time(mooring::dnschain::to_text(time)) == time);
}

TEST_CASE("spans are written in their two largest units", "[tools]") {
  struct Case {
    std::int64_t span;
    std::string text;
  };
  const auto given = GENERATE(values<Case>({{0, "0 s"},
                                            {59, "59 s"},
                                            {60, "1 min"},
                                            {242, "4 min 2 s"},
                                            {3600, "1 h"},
                                            {3605, "1 h"},
                                            {86400 * 9 + 3600 * 3 + 59, "9 d 3 h"},
                                            {-242, "4 min 2 s"}}));
  CHECK(format_span(seconds{given.span}) == given.text);
}

TEST_CASE("a moment says how far away it is", "[tools]") {
  const WallTime now{seconds{1543363200}};
  CHECK(format_until(now + seconds{3600}, now) == "2018-11-28T01:00:00Z (in 1 h)");
  CHECK(format_until(now - seconds{60}, now) == "2018-11-27T23:59:00Z (1 min ago)");
}
