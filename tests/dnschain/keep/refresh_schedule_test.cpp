// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/keep/refresh_schedule.hpp"

#include <catch2/catch.hpp>

namespace {

using namespace mooring::dnschain;
using namespace std::chrono_literals;

const WallTime kNow{1'700'000'000s};
const std::function<std::uint32_t()> kNoJitter = [] { return 0U; };
const std::function<std::uint32_t()> kMostJitter = [] { return 1023U; };

ServedChain chain_until(std::chrono::seconds ttl, std::chrono::seconds signatures) {
  ServedChain served;
  served.ttl_bound = kNow + ttl;
  served.verdict.until = kNow + signatures;
  return served;
}

std::chrono::seconds wait_after(const ServedChain& served, bool settled = true) {
  RefreshSchedule schedule(kNoJitter, kNow);
  schedule.after(served, 5s, settled, kNow);
  return schedule.next() - kNow;
}

TEST_CASE("a refresh comes ahead of TTL and signatures, and within an hour", "[dnschain]") {
  CHECK(wait_after(chain_until(800s, 30 * 24h)) == 700s);
  CHECK(wait_after(chain_until(30 * 24h, 1600s)) == 1400s);
  CHECK(wait_after(chain_until(30 * 24h, 30 * 24h)) == 3600s);
  CHECK(wait_after(chain_until(30 * 24h, 30 * 24h), false) == 60s);
  // The resolver's own copy is gone a second after the TTL.
  CHECK(wait_after(chain_until(2s, 24h)) == 3s);
  CHECK(wait_after(chain_until(-10s, 24h)) == 1s);
}

TEST_CASE("jitter brings a refresh forward by up to a seventh", "[dnschain]") {
  RefreshSchedule schedule(kMostJitter, kNow);
  schedule.after(chain_until(30 * 24h, 30 * 24h), 5s, true, kNow);
  CHECK(schedule.next() < kNow + 3600s - 510s);
  CHECK(schedule.next() >= kNow + 3600s - 3600s / 7);
}

TEST_CASE("failures are followed by growing pauses, short ones near the end", "[dnschain]") {
  RefreshSchedule schedule(kNoJitter, kNow);
  CHECK(schedule.next() == kNow);
  for (const auto pause : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
    schedule.failed(false, kNow);
    CHECK(schedule.next() == kNow + pause);
  }
  schedule.failed(true, kNow);
  CHECK(schedule.next() == kNow + 10s);
  CHECK(schedule.failed_in_a_row() == 9);
  for (int i = 0; i < 100; ++i) schedule.failed(false, kNow);
  CHECK(schedule.next() == kNow + 60s);
  schedule.succeeded();
  schedule.failed(false, kNow);
  CHECK(schedule.next() == kNow + 1s);
}

TEST_CASE("a refresh is brought forward, never put off", "[dnschain]") {
  RefreshSchedule schedule(kNoJitter, kNow + 60s);
  schedule.bring_forward(kNow + 90s);
  CHECK(schedule.next() == kNow + 60s);
  schedule.bring_forward(kNow);
  CHECK(schedule.next() == kNow);
  schedule.failed(false, kNow);
  schedule.begin_anew(kNow + 90s);
  CHECK(schedule.next() == kNow + 90s);
  CHECK(schedule.failed_in_a_row() == 0);
}

}  // namespace
