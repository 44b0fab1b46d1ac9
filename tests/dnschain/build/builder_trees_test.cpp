// SPDX-License-Identifier: GPL-3.0-or-later
// Chains built from what a resolver answers about signed trees of every shape.
#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "cases/scene.hpp"
#include "dnschain/build/builder.hpp"
#include "dnschain/dns/rdata.hpp"

namespace {

using namespace mooring::dnschain;
using namespace mooring::test;

/// Questions of a round are answered together, in the order they came or in reverse.
std::size_t run(Builder& builder, const Scene& scene, bool reversed) {
  std::size_t rounds = 0;
  while (!builder.done()) {
    auto questions = builder.take_questions();
    REQUIRE_FALSE(questions.empty());
    ++rounds;
    if (reversed) std::ranges::reverse(questions);
    for (const Question& question : questions)
      builder.answer(question, scene.tree.message(question), scene.now);
  }
  return rounds;
}

std::set<std::string> rrsets_of(const std::vector<Record>& records) {
  std::set<std::string> out;
  for (const Record& record : records) {
    if (record.type != RrType::rrsig)
      out.insert(to_text(Question{record.owner.lower(), record.type}));
  }
  return out;
}

void check_built(const TreeCase& each, bool reversed) {
  Scene scene;
  each.make(scene);
  // A case that hands over records of its own is about the verifier, not about the tree.
  if (!scene.records.empty()) return;
  const auto anchor =
      TrustAnchor::parse(scene.anchor.empty() ? scene.tree.anchor_text() : scene.anchor, "case")
          .value();
  Builder builder(scene.service(), {}, anchor.zones());
  CHECK(run(builder, scene, reversed) <= 5);
  const auto chain = builder.result();
  if (!chain) {
    // Only what the verifier would not accept either may be left unbuilt.
    INFO(chain.error().context);
    CHECK(each.expected == VerdictKind::bogus);
    return;
  }
  const Verdict verdict = verify(chain->records, scene.service(), anchor, scene.now, scene.limits);
  INFO(verdict.reason);
  REQUIRE(verdict.kind == each.expected);
  if (verdict.kind == VerdictKind::bogus) return;
  const auto built = rrsets_of(chain->records);
  const auto needed = rrsets_of(verdict.proof);
  CHECK(std::ranges::includes(built, needed));
  // A wildcard's RRset stays where an opt-out span takes away what it proves.
  if (verdict.kind != VerdictKind::insecure) CHECK(built == needed);
  CHECK(built.size() <= needed.size() + 2);
}

TEST_CASE("builder collects a chain of every tree, and no RRset besides", "[dnschain]") {
  const bool reversed = GENERATE(false, true);
  std::size_t seen = 0;
  for (const TreeCases& cases : {shape_cases(), key_cases()}) {
    for (const TreeCase& each : cases) {
      INFO(each.title << (reversed ? ", answers in reverse" : ""));
      check_built(each, reversed);
      ++seen;
    }
  }
  CHECK(seen >= 100);
}

}  // namespace
