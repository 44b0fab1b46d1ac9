// SPDX-License-Identifier: GPL-3.0-or-later
// What a server keeps of its own promises (RFC 9102, 10).
#include "dnschain/keep/pin_ledger.hpp"

#include <catch2/catch.hpp>

namespace {

using namespace mooring::dnschain;
using namespace std::chrono_literals;

const WallTime kStart{1'700'000'000s};

TEST_CASE("pins are announced up to what is on disk, and no further", "[dnschain]") {
  PinLedger pins;
  CHECK(pins.announce(0h, kStart) == 0h);
  CHECK_FALSE(pins.unstored());
  CHECK(pins.announce(48h, kStart) == 0h);
  CHECK(pins.pinned_until() == WallTime{});
  REQUIRE(pins.unstored());
  pins.stored();
  CHECK(pins.announce(48h, kStart) == 48h);
  CHECK(pins.pinned_until() == kStart + 48h);
  CHECK_FALSE(pins.unstored());
  // Half an hour later more is to be stored; as long as it is not, the announcement shrinks.
  CHECK(pins.announce(48h, kStart + 31min) == 48h);
  CHECK(pins.unstored());
  CHECK(pins.next_change() <= kStart + 1h);
  CHECK(pins.announce(48h, pins.next_change()) == 47h);
  CHECK(pins.announce(48h, kStart + 10h) == 38h);
  CHECK(pins.announce(48h, kStart + 60h) == 0h);
  CHECK(pins.pinned_until() <= kStart + 49h);
}

TEST_CASE("a restart announces at once what was stored before", "[dnschain]") {
  PinLedger pins;
  pins.restore(kStart + 24h);
  CHECK(pins.pinned_until() == kStart + 24h);
  CHECK(pins.announce(48h, kStart) == 23h);
  CHECK(pins.announce(12h, kStart) == 12h);
  CHECK(pins.announce(0h, kStart) == 0h);
  CHECK(pins.pinned_until() == kStart + 24h);
}

TEST_CASE("a clock that is set moves the end of pins along, and that is to be stored",
          "[dnschain]") {
  PinLedger pins;
  pins.clock_set(10h);
  CHECK(pins.pinned_until() == WallTime{});
  CHECK_FALSE(pins.unstored());
  pins.restore(kStart + 24h);
  pins.clock_set(10h);
  CHECK(pins.pinned_until() == kStart + 34h);
  CHECK(pins.to_store() == kStart + 34h);
  CHECK(pins.unstored());
  // Set back, the later moment stays on disk.
  PinLedger back;
  back.restore(kStart + 24h);
  back.clock_set(-10h);
  CHECK(back.pinned_until() == kStart + 14h);
  CHECK(back.to_store() == kStart + 24h);
}

}  // namespace
