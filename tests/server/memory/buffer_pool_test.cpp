// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "server/memory/buffer_pool.hpp"
#include "server/memory/intrusive_list.hpp"
#include "support/dns_messages.hpp"

using namespace mooring::server;
using namespace mooring::test;

TEST_CASE("a buffer behaves like a queue of octets", "[server]") {
  BufferPool pool(1U << 20U);
  std::mt19937 random(1);
  {
    Buffer buffer(pool);
    Octets model;
    for (int step = 0; step < 20'000; ++step) {
      if (random() % 2 == 0) {
        Octets more(random() % 700);
        for (auto& octet : more) octet = std::byte(random() & 0xffU);
        REQUIRE(buffer.append(more));
        model.insert(model.end(), more.begin(), more.end());
      } else {
        const std::size_t count = std::min<std::size_t>(random() % 800, model.size());
        buffer.consume(count);
        model.erase(model.begin(), model.begin() + static_cast<std::ptrdiff_t>(count));
      }
      const auto view = buffer.view();
      REQUIRE(std::equal(view.begin(), view.end(), model.begin(), model.end()));
      REQUIRE((pool.octets_in_use() == 0) == model.empty());
    }
  }
  CHECK(pool.octets_in_use() == 0);
}

TEST_CASE("a buffer holds no memory while it is empty", "[server]") {
  BufferPool pool(1U << 20U);
  Buffer buffer(pool);
  CHECK(pool.octets_in_use() == 0);
  REQUIRE(buffer.append(Octets(5)));
  CHECK(pool.octets_in_use() > 0);
  buffer.consume(3);
  buffer.shrink(2);
  CHECK(buffer.empty());
  CHECK(pool.octets_in_use() == 0);
}

TEST_CASE("buffers stop growing at the bound of their pool", "[server]") {
  BufferPool pool(64U << 10U);
  Buffer first(pool), second(pool);
  REQUIRE(first.append(Octets(40'000)));
  CHECK_FALSE(second.append(Octets(1)));
  CHECK(second.empty());
  CHECK_FALSE(first.append(Octets(40'000)));
  CHECK(first.size() == 40'000);
  first.clear();
  CHECK(second.append(Octets(1)));
  CHECK(pool.octets_in_use() <= 64U << 10U);
}

TEST_CASE("messages that come leave a reserve for answers", "[server]") {
  BufferPool pool(64U << 10U);
  Buffer fresh(pool, BufferUse::unproven), incoming(pool, BufferUse::incoming), answer(pool);
  CHECK_FALSE(fresh.append(Octets(17'000)));
  REQUIRE(fresh.append(Octets(16'000)));
  REQUIRE(incoming.append(Octets(32'000)));
  Buffer small(pool, BufferUse::unproven);
  CHECK_FALSE(small.append(Octets(1)));
  CHECK_FALSE(Buffer(pool, BufferUse::incoming).append(Octets(1)));
  CHECK(answer.append(Octets(16'000)));
  CHECK_FALSE(Buffer(pool).append(Octets(1)));
  incoming.clear();
  CHECK(small.append(Octets(4'000)));
  CHECK_FALSE(Buffer(pool, BufferUse::unproven).append(Octets(4'100)));
}

TEST_CASE("a message of the greatest size needs no more than its own memory", "[server]") {
  BufferPool pool(1U << 20U);
  {
    Buffer whole(pool);
    REQUIRE(whole.append(Octets(65'537)));
    CHECK(pool.octets_in_use() < 68'000);
    REQUIRE(whole.append(Octets(65'537)));
  }
  Buffer other(pool);
  REQUIRE(other.append(Octets(1)));
  CHECK(pool.octets_in_use() == 1024);
}

namespace {

struct One;
struct Two;
struct Item : ListHook<One>, ListHook<Two> {
  explicit Item(int number) : value(number) {}
  int value;
};

template <class Tag>
std::string text(const List<Item, Tag>& list) {
  std::string all;
  list.visit([&](const Item& item) {
    all += std::to_string(item.value);
    return true;
  });
  return all;
}

}  // namespace

TEST_CASE("a list keeps order, and its items leave it when they go", "[server]") {
  List<Item, One> list, other;
  List<Item, Two> second;
  Item a(1), b(2), c(3);
  {
    Item gone(9);
    list.push_back(a);
    list.push_back(gone);
    list.push_back(b);
    list.push_front(c);
    second.push_back(gone);
    second.push_back(a);
    CHECK(text(list) == "3192");
  }
  CHECK(text(list) == "312");
  CHECK(text(second) == "1");
  list.push_back(c);
  CHECK(text(list) == "123");
  list.push_front(c);
  list.push_front(c);
  CHECK(text(list) == "312");
  other.push_back(a);
  CHECK(text(list) == "32");
  CHECK(text(other) == "1");
  a.ListHook<One>::unlink();
  a.ListHook<One>::unlink();
  CHECK(other.empty());
  CHECK(list.front() == &c);
}
