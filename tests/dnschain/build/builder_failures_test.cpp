// SPDX-License-Identifier: GPL-3.0-or-later
//
// Answers that make no chain, and those that are not needed for one.
#include "dnschain/build/builder.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>

#include "support/builder_scene.hpp"

namespace {

using namespace mooring::dnschain;
using namespace mooring::test;
using Catch::Contains;

struct Failure {
  std::string title;
  std::function<void(ScriptedResolver&)> script;
  ErrorCode code;
  std::string says;
};

Bytes with_flags(Bytes message, std::uint8_t high, std::uint8_t low) {
  message[2] |= std::byte{high};
  message[3] |= std::byte{low};
  return message;
}

const Question kQuestion = question("_853._tcp.dns.example.com.", RrType::tlsa);

const std::vector<Failure> kFailures{
    {"SERVFAIL", [](auto& r) { r.set(kOwner, RrType::tlsa, {}, {}, Rcode::server_failure); },
     ErrorCode::resolver, "SERVFAIL"},
    {"REFUSED", [](auto& r) { r.set(kOwner, RrType::tlsa, {}, {}, Rcode::refused); },
     ErrorCode::resolver, "REFUSED"},
    {"the resolver strips DNSSEC",
     [](auto& r) {
       r.set(kOwner, RrType::tlsa, {kTlsa});
       unsign(r, {"com.", "example.com.", "dns.example.com.", "_tcp.dns.example.com.", kOwner});
       r.set(".", RrType::dnskey, {dnskey(".")});
     },
     ErrorCode::resolver, "does not do DNSSEC"},
    {"a signed zone's TLSA RRset without its RRSIG",
     [](auto& r) { r.set(kOwner, RrType::tlsa, {kTlsa}); }, ErrorCode::unproven, "without RRSIG"},
    {"a DNSKEY RRset without its RRSIG",
     [](auto& r) {
       r.set(kOwner, RrType::tlsa, with_rrsig({kTlsa}, "example.com."));
       r.set("com.", RrType::dnskey, {dnskey("com.")});
     },
     ErrorCode::unproven, "com. DNSKEY"},
    {"no DNSKEY RRset for a zone that signs",
     [](auto& r) {
       r.set(kOwner, RrType::tlsa, with_rrsig({kTlsa}, "example.com."));
       r.set("example.com.", RrType::dnskey, {});
     },
     ErrorCode::unproven, "example.com. DNSKEY"},
    {"a truncated answer",
     [](auto& r) {
       r.set(kQuestion, with_flags(response(kQuestion, with_rrsig({kTlsa}, "com.")), 2, 0));
     },
     ErrorCode::resolver, "truncated"},
    {"an answer to another question",
     [](auto& r) { r.set(kQuestion, response(question("other.example.com.", RrType::tlsa), {})); },
     ErrorCode::resolver, "another question"},
    {"NXDOMAIN without a question",
     [](auto& r) {
       Bytes bare(12, std::byte{0});
       bare[2] = std::byte{0x80};
       bare[3] = std::byte{0x03};
       r.set(kQuestion, bare);
     },
     ErrorCode::resolver, "another question"},
    {"half a message",
     [](auto& r) {
       Bytes whole = response(kQuestion, with_rrsig({kTlsa}, "com."));
       whole.resize(whole.size() / 2);
       r.set(kQuestion, whole);
     },
     ErrorCode::resolver, "not well-formed"},
    {"garbage", [](auto& r) { r.set(kQuestion, Bytes(7, std::byte{0x55})); }, ErrorCode::resolver,
     "shorter than a header"},
    {"a denial without proof that cannot be had",
     [](auto& r) {
       r.set(kOwner, RrType::tlsa, {}, {});
       r.set(kOwner, RrType::ds, {}, signed_soa("example.com."));
     },
     ErrorCode::unproven, "does not prove it"},
    {"a wildcard whose NSEC cannot be had",
     [](auto& r) {
       r.set(kOwner, RrType::tlsa, with_rrsig({kTlsa}, "example.com.", 2));
       r.set("dns.example.com.", RrType::ds, {}, signed_soa("example.com."));
     },
     ErrorCode::unproven, "dns.example.com. does not exist"},
    {"a loop of aliases",
     [](auto& r) {
       r.set(kOwner, RrType::tlsa,
             with_rrsig({cname(kOwner, "b.example.com.")}, "example.com.") +
                 with_rrsig({cname("b.example.com.", kOwner)}, "example.com."));
     },
     ErrorCode::limit, "loop"},
    {"too many aliases",
     [](auto& r) {
       Records chain = with_rrsig({cname(kOwner, "a0.example.com.")}, "example.com.");
       for (int i = 0; i < 20; ++i)
         chain = chain + with_rrsig({cname("a" + std::to_string(i) + ".example.com.",
                                           "a" + std::to_string(i + 1) + ".example.com.")},
                                    "example.com.");
       r.set(kOwner, RrType::tlsa, chain);
     },
     ErrorCode::limit, "more than 8 aliases"},
    {"aliases that grow without end",
     [](auto& r) { r.set(kOwner, RrType::tlsa, with_rrsig({dname("com.", "a.a.com.")}, ".")); },
     ErrorCode::limit, "aliases"},
};

TEST_CASE("builder says why there is no chain", "[dnschain]") {
  for (const Failure& each : kFailures) {
    INFO(each.title);
    ScriptedResolver resolver({"com.", "example.com."});
    each.script(resolver);
    Builder builder(service());
    resolver.run(builder);
    const auto chain = builder.result();
    REQUIRE_FALSE(chain.has_value());
    CHECK(chain.error().code == each.code);
    CHECK_THAT(chain.error().context, Contains(each.says));
  }
}

TEST_CASE("builder gives up when a question that it needs fails", "[dnschain]") {
  Builder builder(service());
  for (const Question& each : builder.take_questions()) builder.fail(each, "connection refused");
  REQUIRE(builder.done());
  CHECK_THAT(builder.result().error().context, Contains("connection refused"));
}

TEST_CASE("builder needs no answer to a question that it asked on suspicion", "[dnschain]") {
  ScriptedResolver resolver({"com."});
  resolver.set(kOwner, RrType::tlsa, with_rrsig({kTlsa}, "com."));
  resolver.set("example.com.", RrType::ds, {}, {}, Rcode::server_failure);
  Builder builder(service());
  resolver.run(builder);
  CHECK(builder.result().has_value());
}

TEST_CASE("builder asks each question once and stays within its limit", "[dnschain]") {
  ScriptedResolver resolver({"com."});
  resolver.set(kOwner, RrType::tlsa, {kTlsa});
  Builder builder(service(), {.questions = 3, .aliases = 8});
  resolver.run(builder);
  REQUIRE_FALSE(builder.result().has_value());
  CHECK(builder.result().error().code == ErrorCode::limit);
  CHECK(resolver.asked().size() <= 3);
  auto asked = resolver.asked();
  for (std::size_t i = 0; i < asked.size(); ++i) CHECK(std::ranges::count(asked, asked[i]) == 1);
}

}  // namespace
