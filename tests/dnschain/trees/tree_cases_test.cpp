// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "cases/scene.hpp"

using namespace mooring::dnschain;
using namespace mooring::test;

namespace {

TreeCases operator+(TreeCases a, const TreeCases& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

TreeCases good_cases() {
  return shape_cases() + key_cases();
}

TreeCases attacks() {
  return signature_attacks() + key_attacks() + nsec_attacks() + nsec3_attacks() + alias_attacks();
}

std::string text_of(VerdictKind kind) {
  static const char* const names[] = {"secure", "denial", "insecure", "bogus"};
  return names[static_cast<std::size_t>(kind)];
}

Verdict verify_again(const Scene& scene, RecordList records) {
  Scene again = scene;
  again.records = std::move(records);
  return again.verify();
}

}  // namespace

TEST_CASE("the case table holds at least 150 trees, 60 of them attacks", "[dnschain][cases]") {
  std::set<std::string> titles;
  for (const TreeCase& each : good_cases() + attacks()) titles.insert(each.title);
  const std::size_t good = good_cases().size();
  const std::size_t bad = attacks().size();
  CHECK(titles.size() == good + bad);
  CHECK(good + bad >= 150);
  CHECK(bad >= 60);
  WARN("case table: " << good << " trees as their owners mean them, " << bad << " attacks");
}

TEST_CASE("every tree proves what its owner means", "[dnschain][cases]") {
  for (const TreeCase& each : good_cases()) {
    INFO(each.title);
    Scene scene;
    each.make(scene);
    const Verdict verdict = scene.verify();
    INFO(verdict.reason);
    CHECK(text_of(verdict.kind) == text_of(each.expected));
    CHECK(verdict.until > scene.now);
    CHECK((verdict.kind == VerdictKind::secure) == !verdict.tlsa.empty());
  }
}

TEST_CASE("every attack comes out bogus and is told what is wrong with it", "[dnschain][cases]") {
  for (const TreeCase& each : attacks()) {
    INFO(each.title);
    Scene scene;
    each.make(scene);
    const Verdict verdict = scene.verify();
    INFO(verdict.reason);
    CHECK(text_of(verdict.kind) == "bogus");
    CHECK_FALSE(verdict.reason.empty());
    CHECK(verdict.proof.empty());
    CHECK(verdict.tlsa.empty());
  }
}

TEST_CASE("the proof of every tree is the smallest set, in whatever order", "[dnschain][cases]") {
  for (const TreeCase& each : good_cases()) {
    INFO(each.title);
    Scene scene;
    each.make(scene);
    const Verdict verdict = scene.verify();
    REQUIRE(verdict.kind != VerdictKind::bogus);
    auto reversed = verdict.proof;
    std::ranges::reverse(reversed);
    CHECK(verify_again(scene, reversed).kind == verdict.kind);
    for (std::size_t i = 0; i < verdict.proof.size(); ++i) {
      auto fewer = verdict.proof;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
      INFO("without " << to_text(verdict.proof[i]));
      CHECK(verify_again(scene, fewer).kind == VerdictKind::bogus);
    }
  }
}
