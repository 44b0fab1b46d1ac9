// SPDX-License-Identifier: GPL-3.0-or-later
#include "tlsext/extension/codec.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace mooring;

TEST_CASE("a notional port is two octets, the high one first", "[tlsext]") {
  const auto body = tlsext::encode_chain_request(853);
  CHECK(body == std::array{std::byte{0x03}, std::byte{0x55}});
  CHECK(tlsext::parse_chain_request(body) == 853);
}

TEST_CASE("a request for a chain that is not two octets long is none", "[tlsext]") {
  for (const std::size_t size : {0U, 1U, 3U, 200U}) {
    CHECK_FALSE(tlsext::parse_chain_request(tlsext::Bytes(size)));
  }
}

TEST_CASE("names are compared in lower case and without their final dot", "[tlsext]") {
  struct Case {
    std::string name;
    std::string canonical;
  };
  for (const Case& each : {Case{"Dot.EXAMPLE.net.", "dot.example.net"}, Case{"", ""}, Case{".", ""},
                           Case{"a..", "a."}, Case{"\xc3\x84Z[@", "\xc3\x84z[@"}}) {
    CHECK(tlsext::canonical_name(each.name) == each.canonical);
  }
}
