// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/command_line.hpp"

#include <catch2/catch.hpp>
#include <vector>

using namespace mooring::server;

namespace {

tl::expected<CommandLine, CommandEnd> read(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "mooringd");
  return read_command_line(static_cast<int>(arguments.size()), arguments.data(), "1.2.3");
}

}  // namespace

TEST_CASE("mooringd is told its configuration, and whether only to check it", "[server]") {
  using Words = std::vector<const char*>;
  const auto [words, config, test] = GENERATE(table<Words, std::string, bool>({
      {{"-c", "a.toml"}, "a.toml", false},
      {{"-ca.toml"}, "a.toml", false},
      {{"--config", "a.toml"}, "a.toml", false},
      {{"--config=a.toml"}, "a.toml", false},
      {{"-t", "-c", "a.toml"}, "a.toml", true},
      {{"-c", "a.toml", "-t"}, "a.toml", true},
      {{"-tc", "a.toml"}, "a.toml", true},
      {{"--test", "-c", "a.toml", "-t"}, "a.toml", true},
      {{"-c", "a.toml", "-c", "b.toml"}, "b.toml", false},
      {{"-c", "./a b.toml"}, "./a b.toml", false},
  }));
  const auto found = read(words);
  REQUIRE(found);
  CHECK(found->config == config);
  CHECK(found->test == test);
  CHECK_FALSE(found->take_over);
}

TEST_CASE("mooringd may take another one's place, but not only check that", "[server]") {
  const auto found = read({"-c", "a.toml", "--take-over"});
  REQUIRE(found);
  CHECK(found->take_over);
  CHECK_FALSE(read({"-t", "-c", "a.toml", "--take-over"}));
}

TEST_CASE("mooringd says what it is and how it is used", "[server]") {
  CHECK(read({"--version"}).error().text == "mooringd 1.2.3\n");
  CHECK(read({"--version"}).error().status == 0);
  const char* help = GENERATE("-h", "--help");
  const auto ended = read({help});
  REQUIRE_FALSE(ended);
  CHECK(ended.error().status == 0);
  CHECK_THAT(ended.error().text, Catch::StartsWith("usage: mooringd -c FILE"));
}

TEST_CASE("a wrong command line is answered with what is wrong and the usage", "[server]") {
  using Words = std::vector<const char*>;
  const auto [words, why] = GENERATE(table<Words, std::string>({
      {Words{}, "-c FILE is missing"},
      {{"-t"}, "-c FILE is missing"},
      {{"-c", ""}, "-c FILE is missing"},
      {{"-c", "a.toml", "b.toml"}, "unexpected argument"},
      {{"--unknown"}, "unexpected argument"},
      {{"-c", "a.toml", "-x"}, "unexpected argument"},
      {{"-c"}, ""},
  }));
  const auto ended = read(words);
  REQUIRE_FALSE(ended);
  CHECK(ended.error().status == 2);
  CHECK_THAT(ended.error().text,
             Catch::StartsWith("mooringd: " + why) && Catch::Contains("\nusage: mooringd -c FILE"));
}
