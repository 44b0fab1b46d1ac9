// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/config/settings.hpp"

#include <catch2/catch.hpp>

using namespace mooring::server;

TEST_CASE("the workers share the upstream connections", "[server]") {
  Config config;
  const auto [workers, connections, each] = GENERATE(
      table<unsigned, unsigned, std::size_t>({{1, 8, 8}, {2, 8, 4}, {16, 8, 1}, {1, 100, 56}}));
  config.server.workers = workers;
  config.upstream.connections = connections;
  CHECK(worker_settings(config).upstream.connections == each);
}
