// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/dane/extension_pins.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

namespace {

using namespace mooring::dnschain;
using namespace std::chrono_literals;

const WallTime kNow{1'700'000'000s};

Service at(const std::string& domain, std::uint16_t port = 853) {
  return Service::create(domain, Port{port}).value();
}

TEST_CASE("a pin holds for as long as was announced, for its name and port", "[dnschain]") {
  ExtensionPins pins;
  CHECK_FALSE(pins.requires_extension(at("dot.example"), kNow));
  pins.authenticated(at("dot.example"), 48h, kNow);
  CHECK(pins.requires_extension(at("dot.example"), kNow));
  CHECK(pins.requires_extension(at("DOT.example."), kNow + 48h - 1s));
  CHECK_FALSE(pins.requires_extension(at("dot.example"), kNow + 48h));
  CHECK_FALSE(pins.requires_extension(at("dot.example", 443), kNow));
  CHECK_FALSE(pins.requires_extension(at("other.example"), kNow));
}

TEST_CASE("the newest announcement takes the place of the one before", "[dnschain]") {
  ExtensionPins pins;
  pins.authenticated(at("dot.example"), 48h, kNow);
  pins.authenticated(at("dot.example"), 2h, kNow + 1h);
  CHECK_FALSE(pins.requires_extension(at("dot.example"), kNow + 3h));
  pins.authenticated(at("dot.example"), 24h, kNow + 2h);
  CHECK(pins.requires_extension(at("dot.example"), kNow + 25h));
}

TEST_CASE("lifetime 0 and a denial clear a pin", "[dnschain]") {
  ExtensionPins pins;
  pins.authenticated(at("dot.example"), 48h, kNow);
  pins.authenticated(at("dot.example"), 0h, kNow);
  CHECK(pins.pins().empty());
  pins.authenticated(at("dot.example"), 48h, kNow);
  pins.authenticated(at("other.example"), 48h, kNow);
  pins.denied(at("dot.example"));
  CHECK_FALSE(pins.requires_extension(at("dot.example"), kNow));
  CHECK(pins.requires_extension(at("other.example"), kNow));
}

TEST_CASE("no pin lasts longer than the client allows", "[dnschain]") {
  ExtensionPins pins(24h);
  pins.authenticated(at("dot.example"), 65535h, kNow);
  CHECK(pins.pins().front().until == kNow + 24h);
  // Stored by a clock that was ahead, or under another bound.
  const ExtensionPins again(24h, {{at("dot.example"), kNow + 9000h}, {at("old.example"), kNow}},
                            kNow);
  REQUIRE(again.pins().size() == 1);
  CHECK(again.pins().front().until == kNow + 24h);
}

TEST_CASE("a clock that is set makes no pin shorter or longer", "[dnschain]") {
  ExtensionPins pins;
  pins.authenticated(at("dot.example"), 2h, kNow);
  pins.clock_set(10h);
  CHECK(pins.requires_extension(at("dot.example"), kNow + 12h - 1s));
  CHECK_FALSE(pins.requires_extension(at("dot.example"), kNow + 12h));
  pins.clock_set(-20h);
  CHECK_FALSE(pins.requires_extension(at("dot.example"), kNow - 8h));
}

TEST_CASE("beyond their number the pin that ends first makes room", "[dnschain]") {
  ExtensionPins pins;
  pins.authenticated(at("first.example"), 1h, kNow);
  for (std::size_t i = 0; i < ExtensionPins::kMost; ++i)
    pins.authenticated(at("n" + std::to_string(i) + ".example"), 2h, kNow);
  CHECK(pins.pins().size() == ExtensionPins::kMost);
  CHECK_FALSE(pins.requires_extension(at("first.example"), kNow));
  CHECK(pins.requires_extension(at("n0.example"), kNow));
  // One that is there already needs no room.
  pins.authenticated(at("n0.example"), 3h, kNow);
  CHECK(pins.requires_extension(at("n1.example"), kNow));
}

TEST_CASE("pins come back from their octets, and from nothing else", "[dnschain]") {
  ExtensionPins pins;
  pins.authenticated(at("a.example"), 1h, kNow);
  pins.authenticated(at("b.example", 443), 2h, kNow);
  const Bytes octets = encode_pins(pins.pins());
  CHECK(decode_pins(octets).value() == pins.pins());
  for (std::size_t size = 0; size < octets.size(); ++size)
    CHECK_FALSE(decode_pins(ByteView(octets).first(size)));
  Bytes longer = octets;
  longer.push_back({});
  CHECK_FALSE(decode_pins(longer));
  Bytes no_service = octets;
  no_service[4] = std::byte{'*'};
  CHECK_FALSE(decode_pins(no_service));
  Bytes too_late = octets;
  too_late[octets.size() - 8] = std::byte{0x7f};
  CHECK_FALSE(decode_pins(too_late));
  Bytes too_many = octets;
  too_many[0] = std::byte{0xff};
  CHECK_FALSE(decode_pins(too_many));
}

}  // namespace
