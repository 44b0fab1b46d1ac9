// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/in_flight.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "server/upstream/pending_query.hpp"
#include "server/upstream/random_ids.hpp"
#include "support/scripted_upstream.hpp"

using namespace mooring::server;
using namespace mooring::test;

TEST_CASE("an ID is never given out twice while it is taken", "[server]") {
  for (const unsigned bits : {16U, 8U}) {  // with 8 bits nearly every draw is taken already
    SeededIds ids;
    ids.set_bits(bits);
    InFlight table(200);
    std::vector<PendingQuery> queries(200);
    std::map<std::uint16_t, PendingQuery*> model;
    std::mt19937 random(2);
    for (int step = 0; step < 100'000; ++step) {
      if (!table.full() && random() % 2 == 0) {
        auto& query = queries[random() % queries.size()];
        REQUIRE(model.emplace(table.add(query, ids), &query).second);
      } else if (!model.empty()) {
        auto victim = model.lower_bound(static_cast<std::uint16_t>(random()));
        if (victim == model.end()) victim = model.begin();
        table.remove(victim->first);
        model.erase(victim);
      }
      REQUIRE(table.size() == model.size());
      const auto probe = static_cast<std::uint16_t>(ids.next());
      const auto found = model.find(probe);
      REQUIRE(table.find(probe) == (found == model.end() ? nullptr : found->second));
    }
    for (const auto& [id, query] : model) REQUIRE(table.find(id) == query);
    table.clear();
    for (const auto& [id, query] : model) REQUIRE(table.find(id) == nullptr);
  }
}

TEST_CASE("IDs from the kernel cover the whole range", "[server]") {
  RandomIds ids;
  std::set<std::uint16_t> seen;
  for (int i = 0; i < 1'000'000; ++i) seen.insert(ids.next());
  // Each of the 65536 is missed with a probability of e^-15.
  CHECK(seen.size() > 65'500);
}

TEST_CASE("a query that does not fit its place is kept as well", "[server]") {
  QuerySlab slab;
  for (const std::size_t size : {10U, 170U, 200U, 60'000U}) {
    const auto message = edns_query(7, "a", option(65001, size));
    PendingQuery& pending = slab.take();
    pending.store({message, check_query(message).shape});
    CHECK(unframed(pending.frame()) == std::vector<Octets>{message});
    slab.give_back(pending);
  }
  CHECK(slab.in_use() == 0);
}
