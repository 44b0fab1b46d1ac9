// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/ticket_rotation.hpp"

#include <catch2/catch.hpp>

#include "support/fake_io.hpp"

using namespace mooring;
using namespace mooring::server;
using namespace std::chrono_literals;

TEST_CASE("ticket keys are kept for as long as tickets live", "[server]") {
  const auto kept = [](std::chrono::seconds lifetime, std::chrono::seconds rotation) {
    TlsConfig tls;
    tls.ticket_lifetime = lifetime;
    tls.ticket_rotation = rotation;
    return ticket_keys_kept(tls);
  };
  CHECK(kept(24h, 12h) == 3);
  CHECK(kept(1h, 12h) == 2);
  CHECK(kept(25h, 12h) == 4);
  CHECK(kept(168h, 1s) == 64);
}

TEST_CASE("ticket keys are replaced in time, and everybody who gives tickets gets them",
          "[server]") {
  test::FakeLoop loop;
  TlsConfig tls;
  tls.ticket_rotation = 1h;
  std::vector<TicketRotation::Keys> published;
  TicketRotation tickets(loop, tls, [&](const auto& keys) { published.push_back(keys); });
  const auto first = tickets.keys();
  loop.advance(1h - 1ms);
  CHECK(tickets.keys() == first);
  loop.advance(1ms);
  CHECK(tickets.keys() != first);
  REQUIRE(published.size() == 1);
  CHECK(published.front() == tickets.keys());
  loop.advance(1h);
  CHECK(published.size() == 2);

  // Without tickets the keys go on being replaced, in case that there are some again.
  tls.tickets = false;
  tickets.set(tls);
  const auto before = tickets.keys();
  loop.advance(1h);
  CHECK(tickets.keys() != before);
  CHECK(published.size() == 2);
}

TEST_CASE("a shorter rotation counts from the reload, a longer one from the next rotation",
          "[server]") {
  test::FakeLoop loop;
  TlsConfig tls;
  tls.ticket_rotation = 10h;
  int rotations = 0;
  TicketRotation tickets(loop, tls, [&](const auto&) { ++rotations; });
  loop.advance(1h);
  tls.ticket_rotation = 2h;
  tickets.set(tls);
  loop.advance(2h);
  CHECK(rotations == 1);
  tls.ticket_rotation = 10h;
  tickets.set(tls);
  loop.advance(2h);
  CHECK(rotations == 2);
  loop.advance(9h);
  CHECK(rotations == 2);
}
