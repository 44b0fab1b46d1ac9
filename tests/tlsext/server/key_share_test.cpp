// SPDX-License-Identifier: GPL-3.0-or-later
//
// Key shares in ClientHellos that are put together by hand.
#include <catch2/catch.hpp>

#include "support/hello_outcome.hpp"

using namespace mooring;
using namespace mooring::test;

namespace {

/// A point of X25519 whose product with every private key is zero.
std::string of_order_eight() {
  return {
      "\xe0\xeb\x7a\x7c\x3b\x41\xb8\xae\x16\x56\xe3\xfa\xf1\x9f\xc4\x6a"
      "\xda\x09\x8d\xeb\x9c\x32\xb1\xfd\x86\x62\x05\x16\x5f\x49\xb8\x00",
      32};
}

}  // namespace

TEST_CASE("the top bit of an X25519 share is not looked at", "[tlsext]") {  // RFC 7748, 5
  ClientHello hello = plain_hello(true);
  hello.share.back() = '\x89';
  const auto context = server_context(server_settings());
  check_taken(answer(*context, hello.records()));
}

TEST_CASE("an X25519 share above the field's prime is taken", "[tlsext]") {  // RFC 7748, 5
  ClientHello hello = plain_hello(true);
  // 2^255 - 19 + 2, the same above the half, and 2^255 - 1.
  const char least = GENERATE('\xef', '\xf6', '\xff');
  const char most = GENERATE('\x7f', '\xff');
  hello.share = least + std::string(30, '\xff') + most;
  const auto context = server_context(server_settings());
  const HelloOutcome outcome = answer(*context, hello.records());
  check_taken(outcome);
  CHECK(record_types(outcome.octets).back() != kAlertRecord);
}

TEST_CASE("a key share that is no public key is refused with illegal_parameter", "[tlsext]") {
  ClientHello hello = plain_hello(true);
  const auto [group, share] = GENERATE(table<std::size_t, std::string>({
      {0x001d, std::string(32, '\0')},                      // of order one
      {0x001d, std::string(31, '\0') + '\x80'},             // the same, RFC 7748, 5
      {0x001d, '\xec' + std::string(30, '\xff') + '\x7f'},  // of order two
      {0x001d, '\xed' + std::string(30, '\xff') + '\x7f'},  // zero, not reduced
      {0x001d, '\xee' + std::string(30, '\xff') + '\xff'},  // one, not reduced
      {0x001d, of_order_eight()},
      {0x001d, std::string(31, '\x09')},      // too short
      {0x001d, std::string(33, '\x09')},      // too long
      {0x0017, '\4' + std::string(64, 'p')},  // not on the curve
      {0x0017, '\4' + std::string(63, 'p')},  // too short
      {0x0017, std::string("\0", 1)},         // the point at infinity
      {0x11ec, std::string(1216, '\xff')},    // not reduced
      {0x11ec, std::string(100, 'p')},        // too short
  }));
  CAPTURE(group, share.size());
  hello.groups = {group};
  hello.share_group = group;
  hello.share = share;
  const auto context = server_context(server_settings());
  const HelloOutcome outcome = answer(*context, hello.records());
  REQUIRE_FALSE(outcome.result);
  INFO(outcome.result.error().context);
  CHECK(int{outcome.result.error().alert.value_or(0)} == 47);
  const std::vector<int> types = record_types(outcome.octets);  // ServerHello may have gone
  REQUIRE_FALSE(types.empty());
  CHECK(types.back() == kAlertRecord);
  CHECK(outcome.octets.substr(outcome.octets.size() - 2) == "\2\x2f");
}
