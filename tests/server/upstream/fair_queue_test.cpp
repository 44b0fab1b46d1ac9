// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/fair_queue.hpp"

#include <catch2/catch.hpp>
#include <deque>
#include <map>
#include <random>
#include <string>

using namespace mooring::server;
using namespace std::chrono_literals;

namespace {

ClientAddress network(unsigned number) {
  std::array<std::byte, 4> octets{std::byte{10}, std::byte{0}, std::byte(number >> 8U),
                                  std::byte(number & 0xffU)};
  return ClientAddress::v4(octets);
}

/// A queue, and clients a, b, c, ... with queries that have the client's letter and a number.
struct Fixture {
  explicit Fixture(std::size_t places, unsigned count = 3) : queue(places) {
    for (unsigned i = 0; i < count; ++i) clients.push_back(queue.client(network(i)));
  }
  PendingQuery& made(unsigned who) {
    PendingQuery& query = queries.emplace_back();
    query.client = clients[who].get();
    names[&query] = std::string(1, static_cast<char>('a' + who)) + std::to_string(asked[who]++);
    queue.seen(*query.client, now);
    return query;
  }
  void push(const std::string& who) {
    for (const char one : who) queue.push(made(static_cast<unsigned>(one - 'a')));
  }
  /// Gives one place to whose turn it is.
  PendingQuery* give() {
    PendingQuery* const query = queue.next(now);
    if (query == nullptr) return nullptr;
    queue.take(*query);
    queue.hold(*query->client);
    return query;
  }
  std::string give(std::size_t count) {
    std::string order;
    for (; count > 0; --count) {
      const PendingQuery* const query = give();
      if (query == nullptr) break;
      order += names[query] + ' ';
    }
    return order;
  }
  std::size_t held(unsigned who) const { return clients[who].get()->held; }

  // Before the queue: what waits leaves it first.
  std::deque<PendingQuery> queries;
  std::map<const PendingQuery*, std::string> names;
  std::map<unsigned, unsigned> asked;
  FairQueue queue;
  std::vector<PoolClientRef> clients;
  TimePoint now{1h};
};

}  // namespace

TEST_CASE("clients take turns whatever the number of queries that each has waiting", "[fair]") {
  struct Case {
    const char* asked;
    std::size_t places;
    const char* order;
  };
  const Case cases[] = {
      {"aaa", 8, "a0 a1 a2 "},
      {"aaab", 8, "a0 b0 a1 a2 "},
      {"aabcbc", 8, "a0 b0 c0 a1 b1 c1 "},
      {"aaaaaaaac", 8, "a0 c0 a1 a2 a3 a4 a5 a6 "},  // the eighth place is for others
      {"aaaabbbb", 4, "a0 b0 a1 b1 "},
      {"aaaa", 4, "a0 a1 a2 a3 "},
      {"aaaa", 3, "a0 a1 a2 "},
      {"abc", 1, "a0 b0 c0 "},  // the places that there are end this, not the queue
  };
  for (const auto& one : cases) {
    INFO(one.asked);
    Fixture fixture(one.places);
    fixture.push(one.asked);
    CHECK(fixture.give(100) == one.order);
  }
}

TEST_CASE("a turn is a sixteenth of the places long, and ends where the client's share does",
          "[fair]") {
  Fixture fixture(64);
  fixture.push("aaaaaabbbbbbc");
  CHECK(fixture.give(13) == "a0 a1 a2 a3 b0 b1 b2 b3 c0 a4 a5 b4 b5 ");
  // Turns that were begun and not used up do not go on later.
  fixture.push("a");
  CHECK(fixture.give(1) == "a6 ");
  fixture.push("bbbbbaaaaa");
  CHECK(fixture.give(8) == "b6 b7 b8 b9 a7 a8 a9 a10 ");
  Fixture crowded(32, 26);
  for (char who = 'a'; who <= 'z'; ++who) crowded.push(std::string(3, who));
  CHECK(crowded.give(5) == "a0 a1 b0 b1 c0 ");
}

TEST_CASE("what is asked again comes first among its client's, in its old order", "[fair]") {
  Fixture fixture(8);
  fixture.push("aab");
  fixture.queue.push_again(fixture.made(0));
  fixture.queue.push_again(fixture.made(0));
  CHECK(fixture.give(8) == "a2 b0 a3 a0 a1 ");
}

TEST_CASE("a client that holds its share has no turn while others wait, and more when they do not",
          "[fair]") {
  Fixture fixture(8);
  fixture.push("aaaaaaaaaaaa");
  CHECK(fixture.give(100) == "a0 a1 a2 a3 a4 a5 a6 a7 ");  // alone: all places
  // The queries are stuck. Places are found elsewhere, but not for who has his share.
  fixture.push("bbbbbbbb");
  CHECK(fixture.give(100) == "b0 b1 b2 b3 ");
  CHECK(fixture.queue.next(fixture.now) == nullptr);
  CHECK(fixture.queue.size() == 8);
  fixture.push("c");
  CHECK(fixture.give(100) == "c0 ");
  for (int i = 0; i < 5; ++i) fixture.queue.release(*fixture.clients[0].get());
  CHECK(fixture.held(0) == 3);
  CHECK(fixture.give(100) == "a8 ");  // half of what is not kept for others
}

TEST_CASE("places are kept for others only as long as they have been about lately", "[fair]") {
  Fixture fixture(16);
  fixture.push("b");
  CHECK(fixture.give(1) == "b0 ");
  fixture.queue.release(*fixture.clients[1].get());
  fixture.push("aaaaaaaaaaaaaaaa");
  fixture.give(100);
  CHECK(fixture.held(0) == 14);
  CHECK_FALSE(fixture.queue.may_hold(*fixture.clients[0].get(), fixture.now));
  CHECK(fixture.queue.may_hold(*fixture.clients[1].get(), fixture.now));
  fixture.now += 5s;
  fixture.give(100);
  CHECK(fixture.held(0) == 16);
}

TEST_CASE("whether all that wait may have what they want, and places remain", "[fair]") {
  Fixture fixture(16, 26);
  CHECK(fixture.queue.leaves_places(fixture.now));
  fixture.push("aaaaaaaaaaaaaaaa");
  CHECK_FALSE(fixture.queue.keeps(fixture.now));
  CHECK_FALSE(fixture.queue.leaves_places(fixture.now));
  fixture.push("b");
  CHECK(fixture.queue.keeps(fixture.now));
  CHECK(fixture.queue.leaves_places(fixture.now));  // seven for a, one for b
  fixture.push("bbbbbbbbbb");
  CHECK(fixture.queue.leaves_places(fixture.now));  // seven for each
  fixture.give(100);
  CHECK(fixture.queue.leaves_places(fixture.now));
  fixture.push("cdefghijklmnopqrstuvwxyz");
  CHECK_FALSE(fixture.queue.leaves_places(fixture.now));
}

TEST_CASE("connections of one network are one client, others are clients by themselves", "[fair]") {
  FairQueue queue(8);
  {
    auto a = queue.client(network(1));
    auto b = queue.client(network(1));
    auto c = queue.client(network(2));
    auto d = queue.client(std::nullopt);
    auto e = queue.client(std::nullopt);
    CHECK(a.get() == b.get());
    CHECK(queue.clients() == 4);
    CHECK(d.get() != e.get());
    PoolClientRef moved = std::move(c);
    c = queue.client(network(1));
    CHECK(c.get() == a.get());
    queue.hold(*a.get());
  }
  // A place that is held is remembered, so that coming back does not make a client new.
  CHECK(queue.clients() == 1);
  {
    auto again = queue.client(network(1));
    CHECK(again.get()->held == 1);
    queue.release(*again.get());
    CHECK(queue.clients() == 1);
  }
  CHECK(queue.clients() == 0);
}

TEST_CASE("an owner may outlive the queue", "[fair]") {
  PoolClientRef owner;
  PendingQuery query;
  {
    FairQueue queue(8);
    owner = queue.client(std::nullopt);
    query.client = owner.get();
    queue.push(query);
  }
  CHECK_FALSE(query.ListHook<PlaceTag>::linked());
}

TEST_CASE("nobody waits for more than one turn of each other client, and no place is left free",
          "[fair]") {
  constexpr unsigned kClients = 12;
  constexpr std::size_t kPlaces = 32;
  constexpr std::size_t kTurn = 2;  // a sixteenth of them
  std::mt19937 random(7);
  Fixture fixture(kPlaces, kClients);
  std::vector<PendingQuery*> placed;
  std::array<std::size_t, kClients> turns_of_others{};
  std::array<std::deque<PendingQuery*>, kClients> waiting;
  const auto release = [&](std::size_t index) {
    PendingQuery* const query = placed[index];
    placed.erase(placed.begin() + static_cast<std::ptrdiff_t>(index));
    fixture.queue.release(*query->client);
  };
  const auto number = [&](const PendingQuery& query) {
    for (unsigned i = 0; i < kClients; ++i)
      if (fixture.clients[i].get() == query.client) return i;
    return kClients;
  };
  for (int step = 0; step < 20'000; ++step) {
    // Client 0 is greedy, and others come and go.
    const unsigned who = random() % 3 == 0 ? 0 : static_cast<unsigned>(random() % kClients);
    const std::size_t burst = who == 0 ? random() % 8 : random() % 3;
    for (std::size_t i = 0; i < burst && waiting[who].size() < 50; ++i) {
      waiting[who].push_back(&fixture.made(who));
      fixture.queue.push(*waiting[who].back());
    }
    if (random() % 8 == 0 && !waiting[who].empty()) {  // its owner goes
      fixture.queue.remove(*waiting[who].back());
      waiting[who].pop_back();
    }
    for (std::size_t i = random() % 4; i > 0 && !placed.empty(); --i) {
      release(random() % placed.size());
    }
    while (placed.size() < kPlaces) {
      PendingQuery* const query = fixture.give();
      if (query == nullptr) break;
      placed.push_back(query);
      const unsigned turn = number(*query);
      REQUIRE(waiting[turn].front() == query);
      waiting[turn].pop_front();
      for (unsigned i = 0; i < kClients; ++i) {
        turns_of_others[i] =
            i == turn || waiting[i].empty() || fixture.held(i) != 0 ? 0 : turns_of_others[i] + 1;
        // One that holds nothing has a turn after each other client has had one.
        REQUIRE(turns_of_others[i] < kClients * kTurn);
      }
    }
    std::size_t queued = 0;
    for (const auto& one : waiting) queued += one.size();
    REQUIRE(fixture.queue.size() == queued);
    if (placed.size() < kPlaces - kPlaces / 8) REQUIRE(queued == 0);
    fixture.now += 1ms;
  }
  while (!placed.empty()) release(0);
}
