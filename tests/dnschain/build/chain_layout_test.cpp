// SPDX-License-Identifier: GPL-3.0-or-later
// Which records of a chain are sent, and in which order.
#include "dnschain/build/chain_layout.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "cases/scene.hpp"
#include "dnschain/dns/rdata.hpp"
#include "dnschain/keep/served_chain.hpp"
#include "dnschain/proof/serialiser.hpp"
#include "support/rfc9102_vectors.hpp"
#include "support/signed_tree.hpp"

namespace {

using namespace mooring::dnschain;
using namespace mooring::test;
using namespace std::chrono_literals;

std::string short_text(const Record& record) {
  std::string text = record.owner.text() + ' ' + to_text(record.type);
  if (const auto rrsig = parse_rrsig(record.rdata); record.type == RrType::rrsig)
    text += ' ' + to_text(rrsig->covered);
  return text;
}

std::vector<std::string> short_texts(const std::vector<Record>& records) {
  std::vector<std::string> out;
  for (const Record& record : records) out.push_back(short_text(record));
  return out;
}

ServedChain served(std::vector<Record> records, const Service& service, const TrustAnchor& anchor,
                   WallTime now) {
  auto out = admit({std::move(records), now}, service, anchor, now, 5s, VerifyLimits());
  if (!out) FAIL(out.error().context);
  CHECK(verify(out->chain.records, service, anchor, now).kind == out->verdict.kind);
  return *std::move(out);
}

/// Takes out what is before the first DNSKEY RRset.
std::set<std::string> take_denial(std::vector<std::string>& texts) {
  std::set<std::string> out;
  while (texts.front().find(" DNSKEY") == std::string::npos) {
    out.insert(texts.front());
    texts.erase(texts.begin());
  }
  return out;
}

TEST_CASE("a chain is sent in the order of RFC 9102's examples", "[dnschain]") {
  const auto anchor = TrustAnchor::parse(fixture("rfc9102/trust-anchor.txt"), "f").value();
  for (const Vector& vector : rfc9102_vectors()) {
    INFO(vector.file);
    const auto as_printed = parse_extension_body(vector.derived).value().records;
    auto shuffled = as_printed;
    std::ranges::sort(shuffled, {}, [](const Record& record) { return record.rdata; });
    const auto out = served(shuffled, vector.service(), anchor, vector.inception);
    auto sent = short_texts(out.chain.records), expected = short_texts(as_printed);
    // A denial has its NSEC3 records in any order, and the RFC's last one has more than it takes.
    if (vector.expected != "secure-tlsa") {
      const auto sent_denial = take_denial(sent), expected_denial = take_denial(expected);
      CHECK(std::ranges::includes(expected_denial, sent_denial));
      CHECK(sent_denial.size() + (vector.file == "a8.txt" ? 2 : 0) == expected_denial.size());
    }
    CHECK(sent == expected);
  }
}

/// The chain of a tree, as it is sent.
void check_sent(const TreeCase& each) {
  Scene scene;
  each.make(scene);
  const auto records = scene.records.empty() ? scene.tree.chain(scene.service()) : scene.records;
  const auto anchor =
      TrustAnchor::parse(scene.anchor.empty() ? scene.tree.anchor_text() : scene.anchor, "t")
          .value();
  const Verdict verdict = verify(records, scene.service(), anchor, scene.now, scene.limits);
  REQUIRE(verdict.kind == each.expected);
  const auto sent = lay_out(records, verdict, scene.now);
  const Verdict again = verify(sent, scene.service(), anchor, scene.now, scene.limits);
  INFO(again.reason);
  CHECK(again.kind == verdict.kind);
  CHECK(again.tlsa == verdict.tlsa);
  CHECK(again.proof.size() == verdict.proof.size());
  if (verdict.kind == VerdictKind::secure)
    CHECK((sent.front().type == RrType::tlsa || sent.front().type == RrType::cname ||
           sent.front().type == RrType::dname));
  CHECK(sent.front().type != RrType::dnskey);
  // Each RRset stands together, its RRSIGs behind it. Parent and child may both have an NSEC.
  std::vector<std::string> texts = short_texts(sent);
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  std::erase_if(texts, [](const auto& text) { return text.ends_with(" NSEC"); });
  CHECK(std::set<std::string>(texts.begin(), texts.end()).size() == texts.size());
  for (std::size_t i = 1; i < sent.size(); ++i)
    if (sent[i].type == RrType::rrsig) CHECK(sent[i].owner == sent[i - 1].owner);
}

TEST_CASE("every tree's chain begins with its target and proves the same as it is sent",
          "[dnschain][cases]") {
  for (const auto& cases : {shape_cases(), key_cases()}) {
    for (const TreeCase& each : cases) {
      INFO(each.title);
      check_sent(each);
    }
  }
}

/// Two zones below the root; the lower one has a key-signing and a zone-signing key.
struct World {
  World() { tree.zone({"example."}).zone({"zone.example."}).tlsa("_853._tcp.dot.zone.example."); }

  /// The tags that RRSIGs over an RRset of the served chain have, sorted.
  std::vector<std::uint16_t> signers(const std::vector<Record>& given, const Name& owner,
                                     RrType type) {
    std::vector<std::uint16_t> out;
    for (const Record& record : served(given, service, tree.anchor(), tree.now()).chain.records) {
      const auto rrsig = parse_rrsig(record.rdata);
      if (record.type == RrType::rrsig && record.owner == owner && rrsig->covered == type)
        out.push_back(rrsig->key_tag);
    }
    std::ranges::sort(out);
    return out;
  }
  std::vector<std::uint16_t> key_signers() {
    return signers(tree.chain(service), zone().apex(), RrType::dnskey);
  }
  std::vector<std::uint16_t> tlsa_signers() {
    return signers(tree.chain(service), service.tlsa_owner(), RrType::tlsa);
  }
  SignedZone& zone() { return tree.at("zone.example."); }

  SignedTree tree;
  const Service service = Service::create("dot.zone.example", Port{853}).value();
};

using Tags = std::vector<std::uint16_t>;

TEST_CASE("a zone-signing key's signature over the keys is left out", "[dnschain]") {
  World world;
  auto& keys = world.zone().keys;
  REQUIRE(keys.size() == 2);
  keys[1].signs_keys = true;
  CHECK(world.key_signers() == Tags{keys[0].tag()});
  const Tags data = world.tlsa_signers();
  CHECK(data == Tags{keys[1].tag()});
}

TEST_CASE("every key-signing key's signature stays", "[dnschain]") {
  // A client may trust the one or the other while the keys are rolled.
  World world;
  auto& keys = world.zone().keys;
  keys.push_back({&SigningKey::of(13, "next ksk"), 0x0101, true, false, false});
  Tags expected{keys[0].tag(), keys[2].tag()};
  std::ranges::sort(expected);
  CHECK(world.key_signers() == expected);
}

TEST_CASE("no algorithm loses its last signature", "[dnschain]") {
  World world;
  auto& keys = world.zone().keys;
  keys.push_back({&SigningKey::of(15, "other zsk"), 0x0100, true, true, false});
  keys.push_back({&SigningKey::of(15, "third zsk"), 0x0100, true, true, false});
  CHECK(world.key_signers().size() == 2);
  CHECK(world.tlsa_signers().size() == 2);
  CHECK(std::ranges::count(world.tlsa_signers(), keys[1].tag()) == 1);
}

TEST_CASE("one of several signatures by one algorithm stays, the longest lasting", "[dnschain]") {
  World world;
  auto& keys = world.zone().keys;
  keys.push_back({&SigningKey::of(13, "next zsk"), 0x0100, false, true, false});
  CHECK(world.tlsa_signers().size() == 1);
}

TEST_CASE("signatures out of their time, of unknown keys and algorithms are left out",
          "[dnschain]") {
  World world;
  const auto& keys = world.zone().keys;
  const Name owner = world.service.tlsa_owner();
  const auto data = world.zone().records(owner, RrType::tlsa);
  auto given = world.tree.chain(world.service);
  SignatureSpec good = world.zone().signatures_for(data).front();
  const auto add = [&](auto change) {
    SignatureSpec spec = good;
    change(spec);
    given.push_back(make_rrsig(data, spec));
  };
  add([&](auto& spec) { spec.expiration = world.tree.now() - 1s; });
  add([&](auto& spec) { spec.inception = world.tree.now() + 60s; });
  add([&](auto& spec) { spec.algorithm = 15; });
  add([&](auto& spec) { spec.algorithm = 17; });
  add([&](auto& spec) { spec.key_tag = static_cast<std::uint16_t>(spec.key_tag + 1); });
  CHECK(world.signers(given, owner, RrType::tlsa) == Tags{keys[1].tag()});
  const auto sent = served(given, world.service, world.tree.anchor(), world.tree.now());
  CHECK(sent.chain.records.size() == given.size() - 5);
}

TEST_CASE("a chain that comes again is renewed without what was left out", "[dnschain]") {
  World world;
  world.zone().keys[1].signs_keys = true;
  const auto given = world.tree.chain(world.service);
  const auto before = served(given, world.service, world.tree.anchor(), world.tree.now());
  REQUIRE(before.chain.records.size() < given.size());
  Chain again{given, world.tree.now() + 10s};
  for (Record& record : again.records) record.ttl -= 10;
  sort_records(again);
  REQUIRE(same_as_given(again, before));
  const auto after = renew(before, again, world.tree.now() + 10s, 5s).value();
  CHECK(same_records(after.chain, before.chain));
  CHECK(after.ttl_bound == before.ttl_bound);
  for (std::size_t i = 0; i < after.chain.records.size(); ++i)
    CHECK(after.chain.records[i].ttl == before.chain.records[i].ttl - 10);
}

}  // namespace
