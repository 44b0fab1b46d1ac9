// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/descriptors.hpp"

#include <catch2/catch.hpp>

using namespace mooring::server;

namespace {

Config small_config() {
  Config config;
  config.server.listen = {*Endpoint::parse("127.0.0.1:0")};
  config.upstream.servers = {*Endpoint::parse("127.0.0.1:53")};
  return config;
}

}  // namespace

TEST_CASE("clients get what files the server does not need itself", "[server]") {
  Config config = small_config();
  config.limits.connections = 1'000;
  CHECK(connections_that_fit(config, 1'000'000) == 1'000);
  const auto few = connections_that_fit(config, 1'000);
  CHECK(few < 950);
  CHECK(few > 800);
  CHECK(connections_that_fit(config, 10) == 1);
}
