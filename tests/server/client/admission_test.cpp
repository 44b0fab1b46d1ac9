// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/client/admission.hpp"

#include <catch2/catch.hpp>

using namespace mooring::server;

namespace {

struct Fixture {
  explicit Fixture(ClientLimitSettings bounds, std::vector<IpPrefix> exempt = {})
      : limits(bounds), control(limits, std::move(exempt), counters) {}
  [[nodiscard]] auto admit(const char* from) { return control.admit({*Endpoint::parse(from), 3}); }

  ConnectionCounters counters;
  ClientLimits limits;
  AdmissionControl control;
};

}  // namespace

TEST_CASE("what is let in has a peer and a place, given back with it", "[client]") {
  Fixture fixture({});
  {
    const auto admitted = fixture.admit("192.0.2.7:40007");
    REQUIRE(admitted);
    CHECK(admitted->peer == Peer{*Endpoint::parse("192.0.2.7:40007"), 3});
    CHECK_FALSE(admitted->peer.proxied());
    CHECK(admitted->place.client());
    CHECK(fixture.limits.connections() == 1);
  }
  CHECK(fixture.limits.connections() == 0);
}

TEST_CASE("a connection that is broken before it is let in is nobody's", "[client]") {
  Fixture fixture({});
  const auto refused = fixture.control.admit({std::nullopt, 0});
  REQUIRE_FALSE(refused);
  CHECK(refused.error() == AdmissionVerdict::peer_unknown);
  CHECK(fixture.limits.connections() == 0);
  CHECK(fixture.counters.refused_total.value() == 0);
  CHECK(fixture.counters.refused_per_client.value() == 0);
}

TEST_CASE("each refusal has its verdict and is counted once, by it", "[client]") {
  ClientLimitSettings bounds;
  bounds.connections = 3;
  bounds.connections_per_client = 1;
  Fixture fixture(bounds, {*IpPrefix::parse("198.51.100.0/24")});
  const auto first = fixture.admit("192.0.2.7:1");
  CHECK(first);
  const auto same = fixture.admit("192.0.2.7:2");
  REQUIRE_FALSE(same);
  CHECK(same.error() == AdmissionVerdict::per_client_reached);
  // Exempt ones have no bound of their own, and are nobody's share.
  const auto exempt = fixture.admit("198.51.100.7:1");
  const auto again = fixture.admit("198.51.100.7:2");
  REQUIRE((exempt && again));
  CHECK_FALSE(again->place.client());
  const auto last = fixture.admit("198.51.100.7:3");
  REQUIRE_FALSE(last);
  CHECK(last.error() == AdmissionVerdict::total_reached);
  CHECK(fixture.counters.refused_per_client.value() == 1);
  CHECK(fixture.counters.refused_total.value() == 1);
}

TEST_CASE("another list of exempt clients is for those that come after it", "[client]") {
  ClientLimitSettings bounds;
  bounds.connections_per_client = 1;
  Fixture fixture(bounds, {*IpPrefix::parse("2001:db8::/32")});
  const auto first = fixture.admit("[2001:db8::1]:1");
  const auto second = fixture.admit("[2001:db8::1]:2");
  CHECK((first && second));
  fixture.control.set_exempt({});
  CHECK_FALSE(fixture.admit("[2001:db8::1]:3"));
}
