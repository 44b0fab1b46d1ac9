// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/query_options.hpp"

#include <catch2/catch.hpp>

using namespace mooring::tools;

namespace {

std::vector<std::string> questions_of(std::vector<std::string> words) {
  QueryOptions options;
  options.words = std::move(words);
  std::vector<std::string> found;
  const auto plan = plan_query(options);
  REQUIRE(plan.has_value());
  for (const auto& question : plan->questions) {
    found.push_back(question.name.text() + "/" + std::to_string(question.type));
  }
  return found;
}

}  // namespace

TEST_CASE("the words of a query are understood as dig does", "[tools]") {
  using List = std::vector<std::string>;
  struct Case {
    List words, questions;
  };
  const auto given = GENERATE(values<Case>({
      {{"example.org"}, {"example.org./1"}},
      {{"example.org", "aaaa"}, {"example.org./28"}},
      {{"@192.0.2.1", "example.org", "MX"}, {"example.org./15"}},
      {{"example.org", "MX", "@192.0.2.1"}, {"example.org./15"}},
      {{"a.example", "b.example", "AAAA", "c.example"},
       {"a.example./1", "b.example./28", "c.example./1"}},
      {{"mx", "mx", "mx"}, {"mx./15", "mx./1"}},
      {{".", "TYPE48"}, {"./48"}},
      {{"@192.0.2.1"}, {"./2"}},
  }));
  CHECK(questions_of(given.words) == given.questions);
}

TEST_CASE("a query goes to 127.0.0.1:853 unless told otherwise", "[tools]") {
  QueryOptions options;
  CHECK(plan_query(options)->server.text() == "127.0.0.1:853");
  options.words = {"@[::1]:8853", "x"};
  CHECK(plan_query(options)->server.text() == "[::1]:8853");
  options.words = {"@", "x"};
  CHECK_FALSE(plan_query(options).has_value());
  options.words = {"a..b"};
  CHECK_FALSE(plan_query(options).has_value());
}
