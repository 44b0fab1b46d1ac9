// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/chain/event_log.hpp"

#include <catch2/catch.hpp>

#include "support/logged.hpp"

using namespace mooring;
using namespace mooring::server;
using dnschain::KeeperEvent;

TEST_CASE("what happens to a chain is a line of its own, and is counted", "[server]") {
  using Kind = KeeperEvent::Kind;
  const auto [kind, line] = GENERATE(table<Kind, std::string>({
      {Kind::published, "info event=chain name=dot.example port=853 state=published detail=why"},
      {Kind::restored, "info event=chain name=dot.example port=853 state=restored detail=why"},
      {Kind::withdrawn, "warning event=chain name=dot.example port=853 state=withdrawn detail=why"},
      {Kind::refresh_failed,
       "warning event=chain name=dot.example port=853 state=refresh_failed detail=why"},
      {Kind::mismatch, "warning event=chain name=dot.example port=853 state=mismatch detail=why"},
      {Kind::no_tlsa, "warning event=chain name=dot.example port=853 state=no_tlsa detail=why"},
      {Kind::bound_near,
       "warning event=chain name=dot.example port=853 state=bound_near detail=why"},
      {Kind::pins_held, "warning event=chain name=dot.example port=853 state=pins_held detail=why"},
      {Kind::pins_expired,
       "info event=chain name=dot.example port=853 state=pins_expired detail=why"},
      {Kind::forgotten, "warning event=chain name=dot.example port=853 state=forgotten detail=why"},
  }));
  test::Logged logged;
  KeeperEventLog events(logged.log);
  KeeperEvent event{
      kind, dnschain::Service::create("dot.example", dnschain::Port(853)).value(), "why", {}};
  events.add(event);
  CHECK(logged.take() == line + "\n");
  event.until = dnschain::WallTime{std::chrono::seconds{1'790'000'000}};
  events.add(event);
  CHECK(logged.take() == line + " until=2026-09-21T14:13:20Z\n");
  KeeperMetrics metrics;
  events.count_into(metrics);
  CHECK(metrics.published.value() == (kind == Kind::published ? 2 : 0));
  CHECK(metrics.withdrawn.value() == (kind == Kind::withdrawn ? 2 : 0));
  CHECK(metrics.mismatches.value() == (kind == Kind::mismatch ? 2 : 0));
  CHECK(metrics.bounds_near.value() == (kind == Kind::bound_near ? 2 : 0));
}
