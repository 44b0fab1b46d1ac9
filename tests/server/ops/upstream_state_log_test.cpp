// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/upstream_state_log.hpp"

#include <catch2/catch.hpp>

#include "support/logged.hpp"

using namespace mooring;
using namespace mooring::server;

TEST_CASE("a change of a resolver is one line, however many workers notice it", "[server]") {
  test::Logged logged;
  UpstreamStateLog states(logged.log);
  const Endpoint one = *Endpoint::parse("192.0.2.1:53");
  const Endpoint two = *Endpoint::parse("[2001:db8::1]:53");
  states.noticed(one, UpstreamState::up, "");
  states.noticed(one, UpstreamState::up, "");
  CHECK(logged.take() == "info event=upstream server=192.0.2.1:53 state=up\n");
  states.noticed(two, UpstreamState::unreachable, "connection refused");
  states.noticed(two, UpstreamState::unreachable, "timed out");
  states.noticed(one, UpstreamState::lost, "closed by the resolver");
  CHECK(logged.take() ==
        "warning event=upstream server=[2001:db8::1]:53 state=unreachable "
        "reason=\"connection refused\"\n"
        "warning event=upstream server=192.0.2.1:53 state=lost "
        "reason=\"closed by the resolver\"\n");
  states.noticed(one, UpstreamState::up, "");
  CHECK(logged.take() == "info event=upstream server=192.0.2.1:53 state=up\n");
}
