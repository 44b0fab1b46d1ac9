// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "dnschain/proof/serialiser.hpp"
#include "dnschain/proof/verifier.hpp"
#include "support/rfc9102_vectors.hpp"

using namespace mooring::dnschain;
using mooring::test::rfc9102_vectors;
using mooring::test::Vector;

namespace {

const TrustAnchor& root() {
  static const TrustAnchor anchor =
      TrustAnchor::parse(mooring::test::fixture("rfc9102/trust-anchor.txt"), "f").value();
  return anchor;
}

std::vector<Record> records_of(const Bytes& body) {
  return parse_extension_body(body).value().records;
}

VerdictKind expected_kind(const Vector& vector) {
  static const std::map<std::string, VerdictKind> kinds{
      {"secure-tlsa", VerdictKind::secure},
      {"secure-denial", VerdictKind::denial},
      {"insecure-delegation", VerdictKind::insecure}};
  return kinds.at(vector.expected);
}

Verdict verify_at(const Vector& vector, WallTime now) {
  return verify(records_of(vector.derived), vector.service(), root(), now);
}

const std::string kTlsa = "3 1 1 8bd1da95272f7fa4ffb24137fc0ed03aae67e5c4d8b3c50734e1050a7920b922";

}  // namespace

TEST_CASE("the RFC 9102 vectors prove what they are said to prove", "[dnschain]") {
  for (const Vector& vector : rfc9102_vectors()) {
    INFO(vector.file);
    const Verdict verdict = verify_at(vector, vector.inception + std::chrono::days(100));
    INFO(verdict.reason);
    CHECK(verdict.kind == expected_kind(vector));
    CHECK(verdict.until == vector.expiration + std::chrono::seconds(1));
    if (verdict.kind != VerdictKind::secure) continue;
    REQUIRE(verdict.tlsa.size() == 1);
    CHECK(to_text(verdict.tlsa.front()) == kTlsa);
    CHECK(verdict.tlsa_ttl == 3600);
    CHECK(verdict.ttl == 3600);
  }
}

TEST_CASE("the octets printed in RFC 9102, A.1 are secure", "[dnschain]") {
  const Vector& a1 = rfc9102_vectors()[0];
  const Verdict verdict = verify(records_of(a1.printed), a1.service(), root(), a1.inception);
  CHECK(verdict.kind == VerdictKind::secure);
}

TEST_CASE("the RFC 9102 vectors hold from their inception to their expiration and no longer",
          "[dnschain]") {
  const std::chrono::seconds one(1);
  for (const Vector& vector : rfc9102_vectors()) {
    INFO(vector.file);
    CHECK(verify_at(vector, vector.inception - one).kind == VerdictKind::bogus);
    CHECK(verify_at(vector, vector.inception).kind == expected_kind(vector));
    CHECK(verify_at(vector, vector.expiration).kind == expected_kind(vector));
    const Verdict after = verify_at(vector, vector.expiration + one);
    CHECK(after.kind == VerdictKind::bogus);
    CHECK(after.reason.find("has expired at 2020-12-02T00:00:00Z") != std::string::npos);
  }
}

TEST_CASE("the order of the records never matters", "[dnschain]") {
  for (const Vector& vector : rfc9102_vectors()) {
    auto records = records_of(vector.derived);
    for (int turn = 0; turn < 3; ++turn) {
      if (turn == 0) std::ranges::reverse(records);
      if (turn == 1) std::rotate(records.begin(), records.begin() + 5, records.end());
      if (turn == 2) std::ranges::sort(records, {}, &Record::rdata);
      CHECK(verify(records, vector.service(), root(), vector.inception).kind ==
            expected_kind(vector));
    }
  }
}

TEST_CASE("duplicates and strangers do no harm and are not part of the proof", "[dnschain]") {
  for (const Vector& vector : rfc9102_vectors()) {
    INFO(vector.file);
    auto records = records_of(vector.derived);
    const auto once = verify(records, vector.service(), root(), vector.inception);
    CHECK(once.proof.size() <= vector.records);
    for (const Vector& other : rfc9102_vectors())
      for (const Record& record : records_of(other.derived)) records.push_back(record);
    const auto again = verify(records, vector.service(), root(), vector.inception);
    CHECK(again.kind == once.kind);
    CHECK(again.proof.size() == once.proof.size());
  }
}

TEST_CASE("the proof proves the same by itself, and no record of it can be spared", "[dnschain]") {
  for (const Vector& vector : rfc9102_vectors()) {
    INFO(vector.file);
    const auto verdict = verify_at(vector, vector.inception);
    const auto again = verify(verdict.proof, vector.service(), root(), vector.inception);
    CHECK(again.kind == verdict.kind);
    CHECK(again.proof == verdict.proof);
    for (std::size_t i = 0; i < verdict.proof.size(); ++i) {
      auto fewer = verdict.proof;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
      INFO(to_text(verdict.proof[i]));
      CHECK(verify(fewer, vector.service(), root(), vector.inception).kind == VerdictKind::bogus);
    }
  }
}

TEST_CASE("a vector proves nothing about another name or port", "[dnschain]") {
  for (const Vector& vector : rfc9102_vectors()) {
    const auto records = records_of(vector.derived);
    for (const Vector& other : rfc9102_vectors()) {
      if (other.service() == vector.service()) continue;
      // A.5 leads by aliases to what A.1 is about, and holds all of its proof.
      if (vector.file == "a5.txt" && other.file == "a1.txt") continue;
      const auto verdict = verify(records, other.service(), root(), vector.inception);
      INFO(vector.file << " as " << other.service().text());
      CHECK(verdict.kind != VerdictKind::secure);
    }
    const auto other_port = Service::create(vector.sni, Port{853}).value();
    CHECK(verify(records, other_port, root(), vector.inception).kind != VerdictKind::secure);
  }
}

TEST_CASE("the zones of a vector are told from the root down", "[dnschain]") {
  const Verdict verdict = verify_at(rfc9102_vectors()[0], rfc9102_vectors()[0].inception);
  REQUIRE(verdict.zones.size() == 3);
  CHECK(verdict.zones[0].zone.text() == ".");
  CHECK(verdict.zones[1].zone.text() == "com.");
  CHECK(verdict.zones[2].zone.text() == "example.com.");
  const auto& root_keys = verdict.zones[0].keys;
  REQUIRE(root_keys.size() == 3);
  CHECK(std::ranges::count(root_keys, true, &KeyStep::anchored) == 1);
  CHECK(std::ranges::find(root_keys, true, &KeyStep::anchored)->tag == 47005);
  REQUIRE(verdict.zones[2].signatures.size() == 2);
  CHECK(verdict.zones[2].signatures[1].covered == RrType::tlsa);
  CHECK(verdict.zones[2].signatures[1].key_tag == 1870);
  CHECK(verdict.zones[2].signatures[1].expiration == rfc9102_vectors()[0].expiration);
}
