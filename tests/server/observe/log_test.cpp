// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/observe/log.hpp"

#include <catch2/catch.hpp>

using namespace mooring::server;

TEST_CASE("a log line is one line of keys and values", "[server]") {
  CHECK(format_event("start", {}) == "event=start");
  CHECK(format_event("start", {{"listen", "[::]:853"}, {"workers", "2"}}) ==
        "event=start listen=[::]:853 workers=2");
}

TEST_CASE("a value cannot end its quotes or the line", "[server]") {
  const auto [value, text] = GENERATE(table<std::string, std::string>({
      {"", R"(k="")"},
      {"two words", R"(k="two words")"},
      {"a=b", R"(k="a=b")"},
      {"say \"no\"", R"(k="say \"no\"")"},
      {"back\\slash", R"(k="back\\slash")"},
      {"x\nevent=stop", R"(k="x\x0aevent=stop")"},
      {std::string("nul\0", 4), R"(k="nul\x00")"},
      {"caf\xc3\xa9", "k=\"caf\xc3\xa9\""},
  }));
  CHECK(format_event("e", {{"k", value}}) == "event=e " + text);
}
