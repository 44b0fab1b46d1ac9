// SPDX-License-Identifier: GPL-3.0-or-later
//
// Of which RRsets a chain is made.
#include "dnschain/build/builder.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>

#include "support/builder_scene.hpp"

namespace {

using namespace mooring::dnschain;
using namespace mooring::test;

const std::vector<std::string> kRoot{". DNSKEY"};
const std::vector<std::string> kCom{". DNSKEY", "com. DNSKEY", "com. DS"};
const std::vector<std::string> kExample{". DNSKEY", "com. DNSKEY", "com. DS", "example.com. DNSKEY",
                                        "example.com. DS"};

std::vector<std::string> plus(std::vector<std::string> rrsets,
                              std::initializer_list<std::string> more) {
  rrsets.insert(rrsets.end(), more);
  std::ranges::sort(rrsets);
  return rrsets;
}

/// The DS RRset of `at` is denied as at an insecure delegation.
void cut(ScriptedResolver& resolver, std::string_view at, std::string_view parent) {
  const Record proof = nsec(at, parent, {RrType::ns, RrType::rrsig, RrType::nsec});
  resolver.set(at, RrType::ds, {}, signed_soa(parent) + with_rrsig({proof}, parent));
}

struct Case {
  std::string title;
  std::function<void(ScriptedResolver&)> script;
  std::vector<std::string> rrsets;  ///< what the chain is to hold, and no more
  std::size_t rounds = 2;           ///< of questions, at most
};

const std::string kTlsaText = kOwner + " TLSA";

const std::vector<Case> kCases{
    {"a TLSA RRset in a zone two cuts below the root",
     [](auto& r) { r.set(kOwner, RrType::tlsa, with_rrsig({kTlsa}, "example.com.")); },
     plus(kExample, {kTlsaText})},
    {"a TLSA RRset in a zone directly below the root, over empty non-terminals",
     [](auto& r) { r.set(kOwner, RrType::tlsa, with_rrsig({kTlsa}, "com.")); },
     plus(kCom, {kTlsaText})},
    {"a TLSA RRset in the root zone",
     [](auto& r) { r.set(kOwner, RrType::tlsa, with_rrsig({kTlsa}, ".")); },
     plus(kRoot, {kTlsaText})},
    {"_tcp is a zone of its own",
     [](auto& r) {
       r = ScriptedResolver({"com.", "example.com.", "_tcp.dns.example.com."});
       r.set(kOwner, RrType::tlsa, with_rrsig({kTlsa}, "_tcp.dns.example.com."));
     },
     plus(kExample, {kTlsaText, "_tcp.dns.example.com. DS", "_tcp.dns.example.com. DNSKEY"})},
    {"_853._tcp is a zone of its own",
     [](auto& r) {
       r = ScriptedResolver({"com.", "example.com.", kOwner});
       r.set(kOwner, RrType::tlsa, with_rrsig({kTlsa}, kOwner));
     },
     plus(kExample, {kTlsaText, kOwner + " DS", kOwner + " DNSKEY"})},
    {"what comes beside the answer is left out",
     [](auto& r) {
       r.set(kOwner, RrType::tlsa, with_rrsig({kTlsa}, "example.com."),
             with_rrsig({soa("example.com.")}, "example.com."));
     },
     plus(kExample, {kTlsaText})},
    {"a CNAME into another TLD, the whole in one answer",
     [](auto& r) {
       r = ScriptedResolver({"com.", "example.com.", "net.", "example.net."});
       r.set(kOwner, RrType::tlsa,
             with_rrsig({tlsa("_dane.example.net.")}, "example.net.") +
                 with_rrsig({cname(kOwner, "_dane.example.net.")}, "example.com."));
     },
     plus(kExample, {kOwner + " CNAME", "_dane.example.net. TLSA", "net. DS", "net. DNSKEY",
                     "example.net. DS", "example.net. DNSKEY"})},
    {"a CNAME whose target the resolver leaves out",
     [](auto& r) {
       r = ScriptedResolver({"com.", "example.com.", "net.", "example.net."});
       r.set(kOwner, RrType::tlsa,
             with_rrsig({cname(kOwner, "_dane.example.net.")}, "example.com."));
       r.set("_dane.example.net.", RrType::tlsa,
             with_rrsig({tlsa("_dane.example.net.")}, "example.net."));
     },
     plus(kExample, {kOwner + " CNAME", "_dane.example.net. TLSA", "net. DS", "net. DNSKEY",
                     "example.net. DS", "example.net. DNSKEY"}),
     3},
    {"a DNAME: the CNAME made from it is left out",
     [](auto& r) {
       r.set(kOwner, RrType::tlsa,
             with_rrsig({dname("dns.example.com.", "dns2.example.com.")}, "example.com.") +
                 Records{cname(kOwner, "_853._tcp.dns2.example.com.")} +
                 with_rrsig({tlsa("_853._tcp.dns2.example.com.")}, "example.com."));
     },
     plus(kExample, {"dns.example.com. DNAME", "_853._tcp.dns2.example.com. TLSA"})},
    {"a CNAME, then a DNAME, then a CNAME",
     [](auto& r) {
       r = ScriptedResolver({"com.", "example.com.", "net."});
       r.set(kOwner, RrType::tlsa,
             with_rrsig({cname(kOwner, "a.b.net.")}, "example.com.") +
                 with_rrsig({dname("b.net.", "c.net.")}, "net.") +
                 Records{cname("a.b.net.", "a.c.net.")} +
                 with_rrsig({cname("a.c.net.", "t.net.")}, "net.") +
                 with_rrsig({tlsa("t.net.")}, "net."));
     },
     plus(kExample, {kOwner + " CNAME", "b.net. DNAME", "a.c.net. CNAME", "t.net. TLSA", "net. DS",
                     "net. DNSKEY"})},
    {"an alias that leads to a denial given in the same answer",
     [](auto& r) {
       r = ScriptedResolver({"com.", "example.com.", "net."});
       r.set(kOwner, RrType::tlsa, with_rrsig({cname(kOwner, "t.net.")}, "example.com."),
             signed_soa("net.") + with_rrsig({nsec("t.net.", "u.net.", {RrType::a})}, "net."));
     },
     plus(kExample, {kOwner + " CNAME", "t.net. NSEC", "net. DS", "net. DNSKEY"})},
    {"an alias into an unsigned zone",
     [](auto& r) {
       r = ScriptedResolver({"com.", "example.com.", "net."});
       r.set(kOwner, RrType::tlsa,
             with_rrsig({cname(kOwner, "t.bare.net.")}, "example.com.") +
                 Records{tlsa("t.bare.net.")});
       cut(r, "bare.net.", "net.");
       unsign(r, {"t.bare.net."});
     },
     plus(kExample, {kOwner + " CNAME", "bare.net. NSEC", "net. DS", "net. DNSKEY"}), 4},
    {"a wildcard with its NSEC",
     [](auto& r) {
       r.set(kOwner, RrType::tlsa, with_rrsig({kTlsa}, "example.com.", 2),
             with_rrsig({nsec("cc.example.com.", "ee.example.com.", {RrType::a})}, "example.com."));
     },
     plus(kExample, {kTlsaText, "cc.example.com. NSEC"})},
    {"a wildcard whose NSEC the resolver keeps back",
     [](auto& r) {
       r.set(kOwner, RrType::tlsa, with_rrsig({kTlsa}, "example.com.", 2));
       r.set("dns.example.com.", RrType::ds, {},
             signed_soa("example.com.") +
                 with_rrsig({nsec("*.example.com.", "cc.example.com.", {RrType::tlsa})},
                            "example.com.") +
                 with_rrsig({nsec("cc.example.com.", "ee.example.com.", {RrType::a})},
                            "example.com."));
     },
     plus(kExample, {kTlsaText, "cc.example.com. NSEC"}), 2},
    {"a wildcard with its NSEC3",
     [](auto& r) {
       r.set(kOwner, RrType::tlsa, with_rrsig({kTlsa}, "example.com.", 2),
             with_rrsig({nsec3("example.com.", "dns.example.com.", Nsec3Kind::covers, {})},
                        "example.com.") +
                 with_rrsig({nsec3("example.com.", "example.com.", Nsec3Kind::matches,
                                   {RrType::soa, RrType::ns})},
                            "example.com."));
     },
     plus(kExample,
          {kTlsaText,
           to_text(Question{nsec3("example.com.", "dns.example.com.", Nsec3Kind::covers, {}).owner,
                            RrType::nsec3})})},
    {"a wildcard CNAME to a TLSA RRset",
     [](auto& r) {
       r.set(kOwner, RrType::tlsa,
             with_rrsig({cname(kOwner, "t.example.com.")}, "example.com.", 2) +
                 with_rrsig({tlsa("t.example.com.")}, "example.com."),
             with_rrsig({nsec("cc.example.com.", "ee.example.com.", {RrType::a})}, "example.com."));
     },
     plus(kExample, {kOwner + " CNAME", "t.example.com. TLSA", "cc.example.com. NSEC"})},
    {"no TLSA at the name, NSEC",
     [](auto& r) {
       r.set(kOwner, RrType::tlsa, {},
             signed_soa("example.com.") +
                 with_rrsig({nsec(kOwner, "e.example.com.", {RrType::a})}, "example.com."));
     },
     plus(kExample, {kOwner + " NSEC"})},
    {"the name is an empty non-terminal, NSEC",
     [](auto& r) {
       r.set(
           kOwner, RrType::tlsa, {},
           signed_soa("example.com.") +
               with_rrsig({nsec("dns.example.com.", "x." + kOwner, {RrType::a})}, "example.com."));
     },
     plus(kExample, {"dns.example.com. NSEC"})},
    {"no such name, one NSEC for it and for the wildcard",
     [](auto& r) {
       r.set(kOwner, RrType::tlsa, {},
             signed_soa("example.com.") +
                 with_rrsig({nsec("dns.example.com.", "e.example.com.", {RrType::a})},
                            "example.com."),
             Rcode::name_error);
     },
     plus(kExample, {"dns.example.com. NSEC"})},
    {"no such name, and the NSEC of the wildcard has to be asked for",
     [](auto& r) {
       r.set(kOwner, RrType::tlsa, {},
             signed_soa("example.com.") +
                 with_rrsig({nsec("cc.example.com.", "ee.example.com.", {RrType::a})},
                            "example.com."),
             Rcode::name_error);
       r.set("*.example.com.", RrType::ds, {},
             signed_soa("example.com.") +
                 with_rrsig({nsec("example.com.", "a.example.com.", {RrType::soa, RrType::ns})},
                            "example.com."),
             Rcode::name_error);
     },
     plus(kExample, {"cc.example.com. NSEC", "example.com. NSEC"})},
    {"a wildcard without TLSA, NSEC",
     [](auto& r) {
       r.set(
           kOwner, RrType::tlsa, {},
           signed_soa("example.com.") +
               with_rrsig({nsec("cc.example.com.", "ee.example.com.", {RrType::a})},
                          "example.com.") +
               with_rrsig({nsec("*.example.com.", "a.example.com.", {RrType::a})}, "example.com."));
     },
     plus(kExample, {"cc.example.com. NSEC", "*.example.com. NSEC"})},
    {"no proof with the denial: it is asked for",
     [](auto& r) {
       r.set(kOwner, RrType::tlsa, {}, {});
       for (const auto* at : {"dns.example.com.", "_tcp.dns.example.com."})
         r.set(at, RrType::ds, {},
               signed_soa("example.com.") +
                   with_rrsig({nsec(at, "e.example.com.", {RrType::a})}, "example.com."));
       r.set(kOwner, RrType::ds, {},
             signed_soa("example.com.") +
                 with_rrsig({nsec(kOwner, "e.example.com.", {RrType::a})}, "example.com."));
     },
     plus(kExample, {kOwner + " NSEC"}), 3},
    {"an insecure delegation, NSEC",
     [](auto& r) {
       r = ScriptedResolver({"com."});
       r.set(kOwner, RrType::tlsa, {kTlsa});
       cut(r, "example.com.", "com.");
       unsign(r, {"dns.example.com.", "_tcp.dns.example.com.", kOwner});
     },
     plus(kCom, {"example.com. NSEC"}), 3},
    {"an insecure delegation by opt-out",
     [](auto& r) {
       r = ScriptedResolver({"com."});
       r.set(kOwner, RrType::tlsa, {}, {soa("example.com.")}, Rcode::name_error);
       r.set("example.com.", RrType::ds, {},
             signed_soa("com.") +
                 with_rrsig({nsec3("com.", "com.", Nsec3Kind::matches, {RrType::soa, RrType::ns})},
                            "com.") +
                 with_rrsig({nsec3("com.", "example.com.", Nsec3Kind::covers_with_opt_out, {})},
                            "com."));
       unsign(r, {"dns.example.com.", "_tcp.dns.example.com.", kOwner});
     },
     plus(kCom,
          {to_text(Question{nsec3("com.", "com.", Nsec3Kind::matches, {}).owner, RrType::nsec3}),
           to_text(Question{nsec3("com.", "example.com.", Nsec3Kind::covers_with_opt_out, {}).owner,
                            RrType::nsec3})}),
     3},
    {"a signed zone that its parent knows nothing of",
     [](auto& r) {
       r.set(kOwner, RrType::tlsa, with_rrsig({kTlsa}, "example.com."));
       cut(r, "example.com.", "com.");
     },
     plus(kCom, {"example.com. NSEC"})},
    {"a zone whose only DS record has an algorithm that nobody knows",
     [](auto& r) {
       r.set(kOwner, RrType::tlsa, with_rrsig({kTlsa}, "example.com."));
       r.set("example.com.", RrType::ds, with_rrsig({ds("example.com.", 250)}, "com."));
     },
     plus(kCom, {"example.com. DS"})},
};

TEST_CASE("builder collects the smallest set of RRsets that proves the case", "[dnschain]") {
  for (const Case& each : kCases) {
    for (const bool reversed : {false, true}) {
      INFO(each.title << (reversed ? ", answers in reverse" : ""));
      ScriptedResolver resolver({"com.", "example.com."});
      each.script(resolver);
      Builder builder(service());
      const std::size_t rounds = resolver.run(builder, reversed);
      const auto chain = builder.result();
      if (!chain) FAIL(chain.error().context);
      auto expected = each.rrsets;
      std::ranges::sort(expected);
      CHECK(rrsets_of(*chain) == expected);
      CHECK(rounds <= each.rounds);
    }
  }
}

TEST_CASE("builder stops at an anchor below the root when the root is none", "[dnschain]") {
  ScriptedResolver resolver({"com.", "example.com."});
  resolver.set(kOwner, RrType::tlsa, with_rrsig({kTlsa}, "example.com."));
  Builder builder(service(), {}, {name("example.com.")});
  resolver.run(builder);
  const std::vector<std::string> expected{kTlsaText, "example.com. DNSKEY"};
  CHECK(rrsets_of(*builder.result()) == expected);
}

TEST_CASE("builder's chain is as old as its oldest answer", "[dnschain]") {
  ScriptedResolver resolver({"com.", "example.com."});
  resolver.set(kOwner, RrType::tlsa, with_rrsig({kTlsa}, "example.com."));
  Builder builder(service());
  WallTime now{std::chrono::seconds(1000)};
  while (!builder.done()) {
    for (const Question& each : builder.take_questions()) {
      builder.answer(each, resolver.answer(each), now);
      now += std::chrono::seconds(7);
    }
  }
  CHECK(builder.result()->fetched == WallTime{std::chrono::seconds(1000)});
}

}  // namespace
