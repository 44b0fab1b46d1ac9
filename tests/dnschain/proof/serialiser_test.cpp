// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/proof/serialiser.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "support/rfc9102_vectors.hpp"

using namespace mooring::dnschain;
using mooring::test::rfc9102_vectors;

TEST_CASE("the octets that RFC 9102, A.1 prints are read and written unchanged", "[dnschain]") {
  const Bytes& printed = rfc9102_vectors()[0].printed;
  REQUIRE(printed.size() == 1568);
  const auto body = parse_extension_body(printed);
  REQUIRE(body);
  CHECK(body->support_lifetime == std::chrono::hours(0));
  CHECK(body->prefix == ChainPrefix::absent);
  CHECK(body->records.size() == 18);
  CHECK(serialise(*body) == printed);
}

TEST_CASE("an extension body survives both forms", "[dnschain]") {
  const auto prefix = GENERATE(ChainPrefix::absent, ChainPrefix::present);
  for (const auto& vector : rfc9102_vectors()) {
    auto body = parse_extension_body(vector.derived).value();
    body.support_lifetime = std::chrono::hours(0xabcd);
    body.prefix = prefix;
    const Bytes octets = serialise(body);
    CHECK(octets.size() == vector.derived.size() + (prefix == ChainPrefix::present ? 2 : 0));
    const auto again = parse_extension_body(octets);
    REQUIRE(again);
    CHECK(again->support_lifetime == std::chrono::hours(0xabcd));
    CHECK(again->prefix == prefix);
    CHECK(again->records == body.records);
  }
}

TEST_CASE("a body without a chain is refused", "[dnschain]") {
  const auto digits = GENERATE(as<std::string>{}, "", "00", "0000", "00000000", "000000", "ffff05");
  CHECK_FALSE(parse_extension_body(mooring::test::from_hex(digits)).has_value());
}

TEST_CASE("every prefix of every vector is read without harm", "[dnschain]") {
  for (const auto& vector : rfc9102_vectors()) {
    for (std::size_t size = 0; size < vector.derived.size(); ++size) {
      const auto body = parse_extension_body(ByteView(vector.derived).first(size));
      if (body) CHECK(body->records.size() < vector.records);
    }
  }
}
