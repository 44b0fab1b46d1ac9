// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/heap_trim.hpp"

#include <catch2/catch.hpp>

#include "support/fake_io.hpp"

using namespace mooring::server;
using namespace mooring::test;
using namespace std::chrono_literals;

TEST_CASE("the heap is trimmed when many have fallen asleep, at most once a second", "[ops]") {
  FakeLoop loop;
  std::uint64_t slept = 0;
  unsigned trimmed = 0;
  const HeapTrim trim(
      loop, [&] { return slept; }, [&] { ++trimmed; });
  loop.advance(10s);
  CHECK(trimmed == 0);
  slept = 63;
  loop.advance(1s);
  CHECK(trimmed == 0);
  slept = 64;
  loop.advance(1s);
  CHECK(trimmed == 1);
  slept = 100'000;
  loop.advance(999ms);
  CHECK(trimmed == 1);
  loop.advance(1ms);
  CHECK(trimmed == 2);
  loop.advance(60s);
  CHECK(trimmed == 2);
}

TEST_CASE("trimming the heap leaves what is in use as it is", "[ops]") {
  std::string text(100'000, 'x');
  trim_heap();
  CHECK(text == std::string(100'000, 'x'));
}
