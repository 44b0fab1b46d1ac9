// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/keep/identity_match.hpp"

#include <catch2/catch.hpp>

#include "support/dane_certificates.hpp"

namespace {

using namespace mooring::dnschain;
using mooring::test::TestKey;
using namespace std::chrono_literals;

const WallTime kNow{1'700'000'000s};
const Service kService = Service::create("dot.example", Port{853}).value();

/// The public keys of two servers.
Bytes spki(int number) {
  static const TestKey keys[2];
  return keys[number - 1].spki();
}

PresentedIdentity key(int number) {
  return {{}, spki(number), {}};
}

Verdict secure(int number) {
  Verdict verdict;
  verdict.kind = VerdictKind::secure;
  verdict.tlsa = {{3, 1, 0, spki(number)}};
  return verdict;
}

TEST_CASE("what is presented matches a TLSA record, or that is said at once and each day",
          "[dnschain]") {
  IdentityMatch match;
  CHECK_FALSE(match.matches());
  const auto fault = match.compare(secure(1), key(2), kService, kNow);
  REQUIRE(fault);
  CHECK(fault->kind == KeeperEvent::Kind::mismatch);
  CHECK(match.matches() == false);
  CHECK_FALSE(match.compare(secure(1), key(2), kService, kNow + 23h));
  CHECK(match.compare(secure(1), key(2), kService, kNow + 24h));
  CHECK_FALSE(match.compare(secure(2), key(2), kService, kNow + 25h));
  CHECK(match.matches() == true);
  // It was well meanwhile: news.
  CHECK(match.compare(secure(1), key(2), kService, kNow + 26h));
}

TEST_CASE("no TLSA record to go by is a fault of its own", "[dnschain]") {
  IdentityMatch match;
  Verdict denial;
  denial.kind = VerdictKind::denial;
  denial.reason = "there is none";
  const auto fault = match.compare(denial, key(1), kService, kNow);
  REQUIRE(fault);
  CHECK(fault->kind == KeeperEvent::Kind::no_tlsa);
  CHECK(fault->text.find("there is none") != std::string::npos);
  CHECK_FALSE(match.matches());
  // Another identity is presented: said again, however recent.
  match.other_identity();
  CHECK(match.compare(denial, key(1), kService, kNow + 1s));
}

TEST_CASE("where nothing is presented there is nothing to say", "[dnschain]") {
  IdentityMatch match;
  CHECK_FALSE(match.compare(secure(1), {}, kService, kNow));
  CHECK_FALSE(match.matches());
}

}  // namespace
