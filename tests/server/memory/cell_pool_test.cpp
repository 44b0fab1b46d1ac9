// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/memory/cell_pool.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <memory>
#include <set>
#include <vector>

using namespace mooring::server;

namespace {

/// Of a size that no slab is a multiple of.
struct Thing : InCells {
  explicit Thing(unsigned value) : number(value) { std::memset(filling, 0xa5, sizeof filling); }
  unsigned number;
  unsigned char filling[245];
};

std::vector<std::unique_ptr<Thing>> things(CellPool& pool, unsigned count) {
  std::vector<std::unique_ptr<Thing>> out;
  for (unsigned i = 0; i < count; ++i) out.emplace_back(new (pool) Thing(i));
  return out;
}

}  // namespace

TEST_CASE("cells do not overlap, however many there are and in whichever order they go",
          "[memory]") {
  CellPool pool;
  auto all = things(pool, 5'000);
  for (unsigned i = 0; i < all.size(); i += 3) all[i].reset();
  for (unsigned i = 0; i < all.size(); i += 3) all[i].reset(new (pool) Thing(i));
  for (unsigned i = 0; i < all.size(); ++i) REQUIRE(all[i]->number == i);
  CHECK(pool.cells_in_use() == 5'000);
}

TEST_CASE("slabs that nothing lives in any more go back, but for one", "[memory]") {
  CellPool pool;
  auto all = things(pool, 5'000);
  const std::size_t most = pool.slabs();
  CHECK(most > 15);
  CHECK(most < 25);
  all.resize(2'500);
  CHECK(pool.slabs() <= most / 2 + 2);
  all.clear();
  CHECK(pool.cells_in_use() == 0);
  CHECK(pool.slabs() == 1);
}

TEST_CASE("an object made and destroyed again and again costs no slab each time", "[memory]") {
  CellPool pool;
  auto all = things(pool, 1);
  std::set<void*> places;
  while (pool.slabs() == 1) all.emplace_back(new (pool) Thing(1));
  for (int i = 0; i < 100; ++i) {
    all.pop_back();
    all.emplace_back(new (pool) Thing(1));
    places.insert(all.back().get());
  }
  CHECK(places.size() == 1);
}

TEST_CASE("a constructor that throws leaves no cell behind", "[memory]") {
  struct Failing : InCells {
    Failing() { throw 1; }
  };
  CellPool pool;
  CHECK_THROWS(new (pool) Failing());
  CHECK(pool.cells_in_use() == 0);
}
