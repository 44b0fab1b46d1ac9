// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/dane/tlsa_history.hpp"

#include <catch2/catch.hpp>

#include "support/scripted_answers.hpp"

namespace {

using namespace mooring::dnschain;
using namespace mooring::test;
using namespace std::chrono_literals;

const WallTime kStart{1'700'000'000s};

std::vector<TlsaRecord> records(std::initializer_list<int> keys) {
  std::vector<TlsaRecord> out;
  for (const int key : keys) out.push_back({3, 1, 1, Bytes(32, std::byte(key))});
  return out;
}

TEST_CASE("an RRset is cached for its TTL after it may last have been there", "[dnschain]") {
  TlsaHistory history;
  history.saw(records({1}), 600s, kStart);
  REQUIRE(history.seen().size() == 1);
  CHECK(history.seen().front().cached_until == kStart + 600s);
  history.saw(records({1}), 600s, kStart + 500s);
  CHECK(history.seen().front().since == kStart);
  CHECK(history.seen().front().cached_until == kStart + 1100s);
  // It may have been there until the moment at which the other one was seen.
  history.saw(records({1, 2}), 600s, kStart + 2000s);
  REQUIRE(history.seen().size() == 2);
  CHECK(history.seen().front().cached_until == kStart + 2600s);
  CHECK(history.seen().back().since == kStart + 2000s);
  // The order of records says nothing.
  history.saw(records({2, 1}), 600s, kStart + 2100s);
  CHECK(history.seen().size() == 2);
}

TEST_CASE("a TTL that was lowered goes on counting in the caches that know the old one",
          "[dnschain]") {
  TlsaHistory history;
  history.saw(records({1}), 86400s, kStart - 10h);
  history.saw(records({1}), 60s, kStart);
  history.saw(records({1}), 60s, kStart + 4min);
  history.saw(records({1, 2}), 60s, kStart + 5min);
  CHECK(history.seen().front().cached_until == kStart + 24h);
}

TEST_CASE("an RRset is forgotten when it has left the caches for a TTL", "[dnschain]") {
  TlsaHistory history;
  history.saw(records({1}), 600s, kStart);
  history.saw(records({2}), 600s, kStart + 10s);
  history.saw(records({2}), 600s, kStart + 1209s);
  CHECK(history.seen().size() == 2);
  history.saw(records({2}), 600s, kStart + 1210s);
  CHECK(history.seen().size() == 1);
}

TEST_CASE("an RRset that comes back is there once, for the longest of its times", "[dnschain]") {
  TlsaHistory history;
  history.saw(records({1}), 3600s, kStart);
  history.saw(records({2}), 60s, kStart + 10s);
  history.saw(records({1}), 60s, kStart + 20s);
  REQUIRE(history.seen().size() == 2);
  CHECK(history.seen().back().records == records({1}));
  CHECK(history.seen().back().since == kStart + 20s);
  CHECK(history.seen().back().cached_until == kStart + 10s + 3600s);
}

TEST_CASE("a history has a bound, and what caches lose last stays", "[dnschain]") {
  TlsaHistory history;
  history.saw(records({255}), 864000s, kStart);
  for (int i = 0; i < 200; ++i) history.saw(records({i}), 86400s, kStart + 1s * i);
  CHECK(history.seen().size() <= 64);
  CHECK(history.seen().front().records == records({255}));
  CHECK(history.seen().back().records == records({199}));
}

TEST_CASE("what was seen while the clock was ahead is taken for seen now", "[dnschain]") {
  TlsaHistory before;
  before.saw(records({1}), 600s, kStart + 24h * 3650);
  const TlsaHistory stored(before.seen(), kStart);
  CHECK(stored.seen().front().since == kStart);
  CHECK(stored.seen().front().cached_until == kStart + 600s);
  before.saw(records({2}), 600s, kStart);
  CHECK(before.seen().front().cached_until == kStart + 600s);
}

TEST_CASE("the TTLs of aliases add to that of what they lead to", "[dnschain]") {
  auto chain = with_rrsig({tlsa("_853._tcp.dns.example.com.")}, "example.com.");
  const auto own = tlsa_zone_ttl(chain);
  CHECK(own > 0s);
  CHECK(tlsa_cache_time(chain) == own);
  const auto alias =
      with_rrsig({cname("_853._tcp.dot.example.", "_853._tcp.dns.example.com.")}, "example.");
  chain.insert(chain.end(), alias.begin(), alias.end());
  CHECK(tlsa_zone_ttl(chain) == own);
  CHECK(tlsa_cache_time(chain) == 2 * own);
}

}  // namespace
