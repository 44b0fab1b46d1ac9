// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <catch2/catch.hpp>
#include <ctime>

#include "cases/scene.hpp"

using namespace mooring::dnschain;
using namespace mooring::test;

namespace {

/// Processor time of one verification, in milliseconds.
double cost(Scene& scene, Verdict& verdict) {
  if (scene.records.empty()) scene.take_chain();
  const auto anchor = TrustAnchor::parse(scene.tree.anchor_text(), "t").value();
  const std::clock_t begin = std::clock();
  verdict = verify(scene.records, scene.service(), anchor, scene.now, scene.limits);
  return 1000.0 * static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

// Some ten times what it takes here: sanitizers and other people's machines are slow. Without the
// limits it would be seconds.
constexpr double kBound = 100;

/// A P-256 key with a wanted tag that verifies nothing: a true point, which is what makes it
/// costly, in a DNSKEY whose flags carry what is missing to the tag.
Bytes key_with_tag(std::uint16_t tag, unsigned number) {
  const SigningKey& key = SigningKey::of(13, "trap " + std::to_string(number));
  const unsigned without = ZoneKeySpec{&key, 0}.tag();
  for (const unsigned carry : {0U, 1U, 2U}) {
    const ZoneKeySpec spec{&key, static_cast<std::uint16_t>(tag - without - carry)};
    if ((spec.flags & 0x0180U) == 0x0100 && spec.tag() == tag) return spec.rdata();
  }
  return {};
}

}  // namespace

TEST_CASE("many keys and many signatures with one key tag take no time", "[dnschain][limits]") {
  Scene scene;
  scene.tree.zone({"example."}).zone({.name = "zone.example.", .one_key = true}).tlsa(kOwner);
  const std::uint16_t tag = scene.tree.at("zone.example.").keys.front().tag();
  scene.take_chain();
  std::size_t made = 0;
  for (unsigned i = 0; i < 300; ++i) {
    const Bytes rdata = key_with_tag(tag, i);
    if (rdata.empty()) continue;
    scene.records.push_back({name("zone.example."), RrType::dnskey, 1, 3600, rdata});
    ++made;
  }
  REQUIRE(made > 40);
  sign_anew(scene, "zone.example.", RrType::dnskey, "zone.example.");
  const auto at = std::ranges::find_if(scene.records, [](const Record& record) {
    return record.type == RrType::rrsig && record.owner == name(kOwner);
  });
  const Record signature = *at;
  scene.records.erase(at);
  for (unsigned i = 0; i < 300; ++i) {
    Record broken = signature;
    broken.rdata[broken.rdata.size() - 1 - i % 60] ^=
        std::byte{static_cast<unsigned char>(1 + i / 60)};
    scene.records.push_back(std::move(broken));
  }
  Verdict verdict;
  CHECK(cost(scene, verdict) < kBound);
  CHECK(verdict.kind == VerdictKind::bogus);
  INFO(verdict.reason);
  CHECK(verdict.reason.find("no more are tried") != std::string::npos);
}

TEST_CASE("a key tag shared by two keys is no fault", "[dnschain][limits]") {
  Scene scene;
  scene.tree.zone({"example."}).zone({.name = "zone.example.", .one_key = true}).tlsa(kOwner);
  const std::uint16_t tag = scene.tree.at("zone.example.").keys.front().tag();
  Bytes twin;
  for (unsigned i = 0; twin.empty(); ++i) twin = key_with_tag(tag, i);
  scene.take_chain();
  scene.records.push_back({name("zone.example."), RrType::dnskey, 1, 3600, twin});
  sign_anew(scene, "zone.example.", RrType::dnskey, "zone.example.");
  CHECK(scene.verify().kind == VerdictKind::secure);
}

TEST_CASE("many DS records for many keys take no time", "[dnschain][limits]") {
  Scene scene;
  plant_tlsa(scene);
  scene.take_chain();
  const std::uint16_t tag = scene.tree.at("zone.example.").keys.front().tag();
  for (unsigned i = 0; i < 450; ++i) {
    Bytes ds{std::byte(tag >> 8), std::byte(tag & 0xff), std::byte{13}, std::byte{2}};
    ds.insert(ds.end(), 32, std::byte(i));
    ds[4] = std::byte(i >> 8);
    scene.records.push_back({name("zone.example."), RrType::ds, 1, 3600, ds});
    if (const Bytes key = key_with_tag(tag, i % 300); !key.empty())
      scene.records.push_back({name("zone.example."), RrType::dnskey, 1, 3600, key});
  }
  sign_anew(scene, "zone.example.", RrType::ds, "example.");
  sign_anew(scene, "zone.example.", RrType::dnskey, "zone.example.");
  Verdict verdict;
  CHECK(cost(scene, verdict) < kBound);
}

TEST_CASE("the deepest name with the most NSEC3 iterations takes no time", "[dnschain][limits]") {
  Scene scene;
  scene.host = "x";
  for (int i = 0; i < 110; ++i) scene.host += ".x";
  scene.tree = SignedTree({.name = ".", .denial = Denial::nsec3, .iterations = 150});
  scene.tree.address("example.");
  Verdict verdict;
  CHECK(cost(scene, verdict) < kBound);
  CHECK(verdict.kind == VerdictKind::bogus);
  CHECK(verdict.reason.find("hash computations") != std::string::npos);
}

TEST_CASE("NSEC3 records with absurd iterations are not followed", "[dnschain][limits]") {
  Scene scene;
  scene.tree = SignedTree({.name = ".", .denial = Denial::nsec3, .iterations = 65535});
  scene.tree.address("example.");
  Verdict verdict;
  CHECK(cost(scene, verdict) < kBound);
  CHECK(verdict.kind == VerdictKind::insecure);
}

TEST_CASE("NSEC3 records with hundreds of parameter sets take no time", "[dnschain][limits]") {
  Scene scene;
  plant(scene, Denial::nsec3);
  std::string deep = "x.zone.example.";
  for (int i = 0; i < 100; ++i) deep.insert(0, "y.");
  scene.tree.cname(kOwner, deep);
  scene.take_chain();
  const auto at = std::ranges::find_if(
      scene.records, [](const Record& record) { return record.type == RrType::nsec3; });
  REQUIRE(at != scene.records.end());
  const Record honest = *at;
  for (unsigned i = 0; i < 800; ++i) {
    Record other = honest;
    other.rdata[4] = std::byte{2};
    other.rdata.insert(other.rdata.begin() + 5, {std::byte(i >> 8), std::byte(i & 0xff)});
    scene.records.push_back(std::move(other));
  }
  Verdict verdict;
  CHECK(cost(scene, verdict) < kBound);
}

TEST_CASE("too many iterations are no excuse for a broken signature", "[dnschain][limits]") {
  const auto type = GENERATE(RrType::tlsa, RrType::cname);
  Scene scene;
  scene.tree.zone({"example."});
  scene.tree.zone({.name = "zone.example.", .denial = Denial::nsec3, .iterations = 151});
  type == RrType::tlsa ? scene.tree.tlsa(kOwner)
                       : scene.tree.cname(kOwner, "x.zone.example.").tlsa("x.zone.example.");
  scene.take_chain();
  append(scene.records, scene.tree.at("zone.example.").covering(name("nothing.zone.example.")));
  CHECK(scene.verify().kind == VerdictKind::secure);
  change_signatures(scene, kOwner, type,
                    [](Record& record) { record.rdata.back() ^= std::byte{1}; });
  CHECK(scene.verify().kind == VerdictKind::bogus);
}

TEST_CASE("a thousand NSEC records and signatures at one name take no time", "[dnschain][limits]") {
  Scene scene;
  plant(scene);
  scene.take_chain();
  const auto nsec = signed_nsec(scene, "zone.example.", "zone.example.", "zone.example.", {});
  for (unsigned i = 0; i < 480; ++i) {
    Record record = nsec.front();
    record.rdata = octets_of("a" + std::to_string(i) + ".zone.example.");
    Record signature = nsec.back();
    signature.rdata.back() = std::byte(i);
    signature.rdata[signature.rdata.size() - 2] = std::byte(i >> 8);
    scene.records.push_back(std::move(record));
    scene.records.push_back(std::move(signature));
  }
  drop(scene, "zone.example.", RrType::soa);
  Verdict verdict;
  CHECK(cost(scene, verdict) < kBound);
}

TEST_CASE("more records than the limit are not looked at", "[dnschain][limits]") {
  Scene scene;
  plant_tlsa(scene);
  scene.take_chain();
  for (unsigned i = 0; i < 6000; ++i) scene.records.push_back({Name(), RrType::a, 1, 1, {}});
  Verdict verdict;
  CHECK(cost(scene, verdict) < kBound);
  CHECK(verdict.kind == VerdictKind::bogus);
  CHECK(verdict.reason.find("1024 records") != std::string::npos);
}

TEST_CASE("RSA keys made to be slow are not tried", "[dnschain][limits]") {
  Scene scene;
  plant_tlsa(scene);
  // An exponent of 512 octets, then a modulus of 512.
  Bytes key{std::byte{1}, std::byte{1}, std::byte{3}, std::byte{8},
            std::byte{0}, std::byte{2}, std::byte{0}};
  key.insert(key.end(), 1024, std::byte{0xff});
  scene.take_chain();
  scene.records.push_back({name("zone.example."), RrType::dnskey, 1, 3600, key});
  sign_anew(scene, "zone.example.", RrType::dnskey, "zone.example.");
  const std::uint16_t tag = [&] {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < key.size(); ++i)
      sum += std::to_integer<std::uint32_t>(key[i]) << (i % 2 == 0 ? 8 : 0);
    return static_cast<std::uint16_t>((sum + (sum >> 16)) & 0xffff);
  }();
  change_signatures(scene, kOwner, RrType::tlsa, [&](Record& record) {
    record.rdata[2] = std::byte{8};
    record.rdata[16] = std::byte(tag >> 8);
    record.rdata[17] = std::byte(tag & 0xff);
    record.rdata.insert(record.rdata.end(), 448, std::byte{1});
  });
  Verdict verdict;
  CHECK(cost(scene, verdict) < kBound);
  CHECK(verdict.kind == VerdictKind::bogus);
  CHECK(verdict.reason.find("exponent has 512 octets") != std::string::npos);
}
