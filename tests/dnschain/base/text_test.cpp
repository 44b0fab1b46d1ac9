// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>

#include "dnschain/base/hex.hpp"
#include "dnschain/base/time_text.hpp"

using namespace mooring::dnschain;

TEST_CASE("octets in hexadecimal have two lower-case digits each", "[dnschain]") {
  CHECK(to_hex({}).empty());
  CHECK(to_hex(Bytes{std::byte{0x00}, std::byte{0x0a}, std::byte{0xff}}) == "000aff");
}

TEST_CASE("a moment is written in UTC as RFC 3339 has it", "[dnschain]") {
  const auto [seconds, text] = GENERATE(table<std::int64_t, std::string>({
      {0, "1970-01-01T00:00:00Z"},
      {-1, "1969-12-31T23:59:59Z"},
      {951782399, "2000-02-28T23:59:59Z"},
      {951782400, "2000-02-29T00:00:00Z"},
      {4294967295, "2106-02-07T06:28:15Z"},
      {253402300799, "9999-12-31T23:59:59Z"},
  }));
  CHECK(to_text(WallTime(std::chrono::seconds(seconds))) == text);
}
