// SPDX-License-Identifier: GPL-3.0-or-later
// What does not hold as the resolver gives it with CD set is asked for once more without.
#include <catch2/catch.hpp>

#include "dnschain/build/builder.hpp"
#include "support/builder_scene.hpp"

namespace {

using namespace mooring::dnschain;
using namespace mooring::test;

const std::vector<std::string> kExpected{". DNSKEY", kOwner + " TLSA",      "com. DNSKEY",
                                         "com. DS",  "example.com. DNSKEY", "example.com. DS"};

/// Answers `builder` until it is done: with CD set from `stale`, without from `fresh`.
void answer_from(Builder& builder, ScriptedResolver& stale, ScriptedResolver& fresh) {
  while (!builder.done()) {
    for (const Question& each : builder.take_questions())
      builder.answer(each, (each.checking_disabled ? stale : fresh).answer(each), WallTime());
  }
}

TEST_CASE("builder asks again without CD, once, and takes what comes of it", "[dnschain]") {
  ScriptedResolver stale({"com.", "example.com."}), fresh({"com.", "example.com."});
  fresh.set(kOwner, RrType::tlsa, with_rrsig({kTlsa}, "example.com."));
  SECTION("for a chain that does not hold") {
    stale.set(kOwner, RrType::tlsa, with_rrsig({kTlsa}, "com."));
  }
  SECTION("for one that is not complete") {
    stale.set(kOwner, RrType::tlsa, {kTlsa});
  }
  Builder builder(service());
  CHECK_FALSE(builder.ask_again());
  answer_from(builder, stale, fresh);
  REQUIRE(builder.ask_again());
  CHECK_FALSE(builder.done());
  answer_from(builder, stale, fresh);
  REQUIRE(builder.result());
  CHECK(rrsets_of(*builder.result()) == kExpected);
  CHECK_FALSE(builder.ask_again());
}

TEST_CASE("builder keeps what it had where a validating resolver refuses", "[dnschain]") {
  ScriptedResolver stale({"com.", "example.com."}), fresh({"com.", "example.com."});
  stale.set(kOwner, RrType::tlsa, with_rrsig({kTlsa}, "example.com."));
  fresh.set(kOwner, RrType::tlsa, {}, {}, Rcode::server_failure);
  Builder builder(service());
  answer_from(builder, stale, fresh);
  REQUIRE(builder.ask_again());
  answer_from(builder, stale, fresh);
  REQUIRE(builder.result());
  CHECK(rrsets_of(*builder.result()) == kExpected);
}

TEST_CASE("builder does not ask again where the resolver was the trouble", "[dnschain]") {
  ScriptedResolver resolver({"com.", "example.com."});
  resolver.set(kOwner, RrType::tlsa, {}, {}, Rcode::server_failure);
  Builder builder(service());
  resolver.run(builder);
  CHECK_FALSE(builder.ask_again());
}

TEST_CASE("builder takes no late answer with CD set once it asks without", "[dnschain]") {
  ScriptedResolver stale({"com.", "example.com."}), fresh({"com.", "example.com."});
  stale.set(kOwner, RrType::tlsa, {kTlsa});
  fresh.set(kOwner, RrType::tlsa, with_rrsig({kTlsa}, "example.com."));
  Builder builder(service());
  answer_from(builder, stale, fresh);
  REQUIRE(builder.ask_again());
  const auto questions = builder.take_questions();
  for (Question each : questions) {
    each.checking_disabled = true;
    builder.answer(each, stale.answer(each), WallTime());
  }
  CHECK_FALSE(builder.done());
  for (const Question& each : questions) builder.answer(each, fresh.answer(each), WallTime());
  answer_from(builder, stale, fresh);
  CHECK(builder.result().has_value());
}

}  // namespace
