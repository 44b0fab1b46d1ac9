// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <catch2/catch.hpp>

#include "run_mooring.hpp"

using namespace mooring::test;
using Catch::Contains;

TEST_CASE("query says what is wrong with its authorities before it connects", "[tools]") {
  const ScratchDirectory scratch;
  const std::string empty = scratch.write("empty.pem", std::string_view());
  for (const std::string& file : {empty, scratch.path("missing.pem")}) {
    const Ran ran = run_mooring({"query", "@192.0.2.1", "--name", "dot.example", "--ca", file});
    CHECK(ran.status == 2);
    CHECK_THAT(ran.err, Contains(file + ": "));
    CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 1);
  }
}
