// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/ticket_rotation.hpp"

#include <catch2/catch.hpp>

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
