// SPDX-License-Identifier: GPL-3.0-or-later
// Trust anchors of several zones: builder and verifier both begin at the one closest to each name.
#include <catch2/catch.hpp>
#include <functional>

#include "dnschain/build/builder.hpp"
#include "dnschain/proof/verifier.hpp"
#include "support/signed_tree.hpp"

namespace {

using namespace mooring::dnschain;
using namespace mooring::test;

/// Below the root, "corp." is signed but delegated without DS; "example." hangs from the root.
SignedTree make_tree() {
  SignedTree tree;
  tree.zone({"example."}).zone({.name = "corp.", .digests = {}}).zone({"sub.corp."});
  tree.zone({.name = "bare.corp.", .is_signed = false});
  tree.tlsa("_853._tcp.dot.corp.").tlsa("_853._tcp.dot.sub.corp.").tlsa("_853._tcp.dot.bare.corp.");
  tree.tlsa("_853._tcp.dot.example.").address("none.corp.");
  tree.cname("_853._tcp.in.example.", "_853._tcp.dot.sub.corp.");
  tree.cname("_853._tcp.out.corp.", "_853._tcp.dot.example.");
  return tree;
}

/// DS records of a zone, those that its parent does not have included.
std::string ds_of(std::string_view zone, std::uint8_t digest = 2) {
  ZoneSpec spec{.name = std::string(zone), .digests = {digest}};
  std::string out;
  for (const Record& record : SignedZone(spec, WallTime(), WallTime()).ds())
    out += to_text(record) + "\n";
  return out;
}

struct Case {
  std::string title;
  std::string anchors;
  std::string host;
  VerdictKind expected;
  std::vector<std::string> zones;
};

TEST_CASE("builder and verifier begin at the anchor closest to each name", "[dnschain]") {
  const std::string both = ds_of(".") + ds_of("corp.");
  const Case each = GENERATE_COPY(values<Case>({
      {"a private zone's anchor alone", ds_of("corp."), "dot.corp", VerdictKind::secure, {"corp."}},
      {"with the root's beside it", both, "dot.corp", VerdictKind::secure, {"corp."}},
      {"in any order", ds_of("corp.") + ds_of("."), "dot.corp", VerdictKind::secure, {"corp."}},
      {"a zone below it", both, "dot.sub.corp", VerdictKind::secure, {"corp.", "sub.corp."}},
      {"the closer of two below the root",
       both + ds_of("sub.corp."),
       "dot.sub.corp",
       VerdictKind::secure,
       {"sub.corp."}},
      {"a denial", both, "none.corp", VerdictKind::denial, {"corp."}},
      {"a name that does not exist", both, "no.such.corp", VerdictKind::denial, {"corp."}},
      {"an unsigned zone below it", both, "dot.bare.corp", VerdictKind::insecure, {"corp."}},
      {"the root's zones as ever", both, "dot.example", VerdictKind::secure, {".", "example."}},
      {"an anchor where there is a DS RRset too",
       both + ds_of("example."),
       "dot.example",
       VerdictKind::secure,
       {"example."}},
      {"an alias into the private zone",
       both,
       "in.example",
       VerdictKind::secure,
       {".", "example.", "corp.", "sub.corp."}},
      {"an alias out of it", both, "out.corp", VerdictKind::secure, {"corp.", ".", "example."}},
      {"an anchor that cannot be used is none",
       ds_of(".") + ds_of("corp.", 1),
       "dot.corp",
       VerdictKind::insecure,
       {"."}},
      {"the root's anchor alone", ds_of("."), "dot.corp", VerdictKind::insecure, {"."}},
      {"no anchor above the name", ds_of("corp."), "dot.example", VerdictKind::bogus, {}},
  }));
  INFO(each.title);
  const SignedTree tree = make_tree();
  const auto anchor = TrustAnchor::parse(each.anchors, "anchors").value();
  const Service service = Service::create(each.host, Port{853}).value();
  Builder builder(service, {}, anchor.zones());
  while (!builder.done())
    for (const Question& question : builder.take_questions())
      builder.answer(question, tree.message(question), tree.now());
  const auto chain = builder.result();
  if (!chain) FAIL(chain.error().context);
  const Verdict verdict = verify(chain->records, service, anchor, tree.now());
  INFO(verdict.reason);
  CHECK(verdict.kind == each.expected);
  std::vector<std::string> zones;
  for (const ZoneStep& step : verdict.zones) zones.push_back(step.zone.text());
  CHECK(zones == each.zones);
}

}  // namespace
