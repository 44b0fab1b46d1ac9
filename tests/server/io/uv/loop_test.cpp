// SPDX-License-Identifier: GPL-3.0-or-later
//
// The loop itself: its memory, its messages and its timers.
#include <uv.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <vector>

#include "server/io/inbox.hpp"
#include "server/io/uv/make_loop.hpp"

using namespace mooring::server;
using namespace std::chrono_literals;

TEST_CASE("no loop is made without memory for it", "[io]") {
  const auto none = [](std::size_t) -> void* { return nullptr; };
  REQUIRE(uv_replace_allocator(
              none, [](void*, std::size_t) -> void* { return nullptr; },
              [](std::size_t, std::size_t) -> void* { return nullptr; }, [](void*) {}) == 0);
  CHECK_THROWS_WITH(make_uv_loop(), "no event loop");
  uv_replace_allocator(std::malloc, std::realloc, std::calloc, std::free);
  CHECK_NOTHROW(make_uv_loop());
}

TEST_CASE("messages arrive in order, and timers are due in theirs", "[io]") {
  const auto loop = make_uv_loop();
  std::vector<int> messages;
  std::vector<int> fired;
  // In which order messages and timers come is nobody's promise.
  const auto note = [&](std::vector<int>& where, int what) {
    where.push_back(what);
    if (messages.size() + fired.size() == 4) loop->stop();
  };
  Inbox<int> inbox(*loop, [&](int&& message) { note(messages, message); });
  inbox.post(1);
  inbox.post(2);
  const auto late = loop->make_timer([&] { note(fired, 2); });
  const auto early = loop->make_timer([&] { note(fired, 1); });
  const auto never = loop->make_timer([&] { note(fired, 3); });
  late->set(loop->now() + 2ms);
  early->set(loop->now() + 50s);
  early->set_earlier(loop->now() + 1ms);
  early->set_earlier(loop->now() + 60s);
  never->set(loop->now());
  never->clear();
  loop->run();
  CHECK(messages == std::vector{1, 2});
  CHECK(fired == std::vector{1, 2});
}
