// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <catch2/catch.hpp>

#include "support/pool_fixture.hpp"

namespace mooring::test {

/// Two connections with four places each, and four queries that may wait for one.
inline server::UpstreamSettings small_pool() {
  server::UpstreamSettings settings;
  settings.connections = 2;
  settings.in_flight_per_connection = 4;
  settings.waiting = 4;
  return settings;
}

/// Asks for the hosts from `first` up to `end`, each in a turn of its own; all are accepted.
inline void ask_hosts(Asker& asker, unsigned first, unsigned end) {
  for (unsigned i = first; i < end; ++i) CHECK_FALSE(asker.ask(query(i, host_of(i))));
}

/// The same in one turn, which has not ended.
inline void submit_hosts(Asker& asker, unsigned first, unsigned end) {
  for (unsigned i = first; i < end; ++i) CHECK_FALSE(asker.submit(query(i, host_of(i))));
}

/// What reaches connection `index` once all are up: so many queries.
inline std::vector<Octets> connect_and_take(PoolFixture& fixture, std::size_t index,
                                            std::size_t count) {
  fixture.connect_all();
  auto sent = fixture.queries(index);
  REQUIRE(sent.size() == count);
  return sent;
}

}  // namespace mooring::test
