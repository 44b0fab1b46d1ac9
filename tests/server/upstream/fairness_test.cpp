// SPDX-License-Identifier: GPL-3.0-or-later
//
// Queries that are never answered, and those that share the pool with them.
#include <catch2/catch.hpp>

#include "support/pool_fixture.hpp"

using namespace mooring::server;
using namespace mooring::test;

namespace {

UpstreamSettings one_connection() {
  UpstreamSettings settings;
  settings.connections = 1;
  settings.query_deadline = 4s;
  return settings;
}

ClientAddress client(unsigned number) {
  const std::array<std::byte, 4> octets{std::byte{192}, std::byte{0}, std::byte{2},
                                        std::byte(number)};
  return ClientAddress::v4(octets);
}

/// Keeps as many queries in flight as it may, on several connections, none of them ever answered.
class Greedy {
 public:
  Greedy(PoolFixture& fixture, unsigned number, std::size_t owners, std::size_t in_flight)
      : fixture_(fixture), in_flight_(in_flight) {
    for (std::size_t i = 0; i < owners; ++i) {
      owners_.push_back(std::make_unique<Asker>(fixture, client(number)));
    }
  }
  void ask() {
    for (const auto& owner : owners_) {
      const auto most = fixture_.pool.fair_share(in_flight_);
      while (owner->in_flight() < most && !owner->submit(query(1, "never"))) {
      }
    }
    fixture_.pool.flush();
  }

 private:
  PoolFixture& fixture_;
  std::size_t in_flight_;
  std::vector<std::unique_ptr<Asker>> owners_;
};

/// Connects what is to be connected, and answers all but what is never answered.
void serve(PoolFixture& fixture) {
  for (int again = 0; again < 3; ++again) {
    fixture.connect_all();
    for (std::size_t i = 0; i < fixture.upstream.connections.size(); ++i) {
      for (const auto& sent : fixture.queries(i)) {
        if (sent != query(id_of(sent), "never")) fixture.reply(i, answer_to(sent));
      }
    }
  }
}

/// Until the other's query is answered, at most for `most`.
std::chrono::milliseconds wait_for(PoolFixture& fixture, Asker& other,
                                   std::chrono::milliseconds most) {
  std::chrono::milliseconds waited{0};
  for (; other.answers.empty() && waited < most; waited += 1ms) {
    if (const auto next = fixture.pool.next_deadline(); next && *next <= fixture.now) {
      fixture.pass(0ms);
    }
    serve(fixture);
    if (other.answers.empty()) fixture.now += 1ms;
  }
  return waited;
}

}  // namespace

TEST_CASE("whoever asks for what is never answered keeps nobody else waiting", "[pool]") {
  struct Case {
    const char* what;
    unsigned clients;
    std::size_t owners;
    std::size_t in_flight;
    std::size_t connections;
  };
  const Case cases[] = {
      {"one connection", 1, 1, 128, 1},
      {"just as many queries as there are places", 1, 1, 32, 1},
      {"many connections of one network", 1, 100, 128, 1},
      {"two networks", 2, 4, 128, 1},
      {"two networks that fill the places and no more", 2, 1, 32, 1},
      {"more upstream connections", 1, 10, 128, 8},
      {"more of both", 3, 40, 128, 8},
  };
  for (const auto& one : cases) {
    INFO(one.what);
    auto settings = one_connection();
    settings.connections = one.connections;
    PoolFixture fixture(settings);
    std::vector<std::unique_ptr<Greedy>> greedy;
    for (unsigned i = 0; i < one.clients; ++i) {
      greedy.push_back(std::make_unique<Greedy>(fixture, i, one.owners, one.in_flight));
    }
    Asker other(fixture, client(200));
    std::chrono::milliseconds worst{0};
    std::chrono::milliseconds sum{0};
    for (unsigned i = 0; i < 100; ++i) {  // a query every 0.3 s
      for (int tick = 0; tick < 6; ++tick) {
        for (const auto& each : greedy) each->ask();
        serve(fixture);
        fixture.pass(50ms);
      }
      for (const auto& each : greedy) each->ask();
      REQUIRE_FALSE(other.ask(query(i, "www.example.net")));
      const auto waited = wait_for(fixture, other, 4s);
      REQUIRE(other.answers.size() == 1);
      other.answers.clear();
      worst = std::max(worst, waited);
      sum += waited;
    }
    CHECK(worst <= 65ms);
    CHECK(sum / 100 <= 3ms);
    CHECK(other.failures.empty());
    CHECK(fixture.upstream.live() <= settings.connections + settings.spare());
    CHECK_FALSE(fixture.upstream.misused());
  }
}

TEST_CASE("what is owed to those who have gone is forgotten with its connection", "[pool]") {
  PoolFixture fixture(one_connection());
  {
    Asker a(fixture), b(fixture, client(1)), c(fixture, client(1));
    for (auto* const one : {&a, &b, &c}) (void)one->ask(query(1, "never"));
    fixture.connect_all();
  }
  CHECK(fixture.pool.pending() == 3);
  SECTION("lost") {
    fixture.end(0);
  }
  SECTION("given up") {
    fixture.pass(2s);
  }
  SECTION("other settings") {
    fixture.pool.set(one_connection(), fixture.now);
  }
  CHECK(fixture.pool.pending() == 0);
}

TEST_CASE("with nobody else about one client has all places", "[pool]") {
  PoolFixture fixture(one_connection());
  Greedy greedy(fixture, 1, 1, 128);
  greedy.ask();
  fixture.connect_all();
  CHECK(fixture.queries(0).size() == 32);
  fixture.pass(1s);
  CHECK(fixture.upstream.opened.size() == 1);
}

TEST_CASE("what is kept for others is so on each connection, and makes no more sends", "[pool]") {
  PoolFixture fixture;
  Asker other(fixture, client(2));
  have_answered(fixture, other);
  Asker greedy(fixture, client(1));
  for (unsigned i = 0; i < 400; ++i) REQUIRE_FALSE(greedy.submit(query(i, host_of(i))));
  fixture.pool.flush();
  fixture.connect_all();
  std::vector<std::vector<Octets>> owed;
  std::vector<std::size_t> counts;
  for (std::size_t i = 0; i < 8; ++i) {
    owed.push_back(fixture.queries(i));
    counts.push_back(owed.back().size());
  }
  // When the first one was filled nobody had to wait yet.
  REQUIRE(counts == std::vector<std::size_t>{32, 28, 28, 28, 28, 28, 28, 24});
  const auto& writes = fixture.counters.upstream.writes;
  const auto before = writes.value();

  // A place is free on each, and nothing leaves for that; but who asks now need not wait for it.
  for (std::size_t i = 1; i < 8; ++i) fixture.reply(i, answer_to(owed[i].at(0)));
  CHECK(writes.value() == before);
  CHECK_FALSE(other.ask(query(1, "www.example.net")));
  CHECK(writes.value() > before);
  std::size_t sent = 0;
  for (std::size_t i = 0; i < 8; ++i) sent += fixture.queries(i).size();
  CHECK(sent == 7 + 1);

  const auto then = writes.value();
  for (std::size_t n = 1; n <= 12; ++n) fixture.reply(5, answer_to(owed[5].at(n)));
  CHECK(writes.value() == then + 1);
  CHECK_FALSE(fixture.upstream.misused());
}

TEST_CASE("IDs of what is still owed stay taken when a connection is relieved", "[pool]") {
  PoolFixture fixture(one_connection());
  Greedy greedy(fixture, 1, 1, 32);
  greedy.ask();
  fixture.connect(0);
  const auto stuck = fixture.queries(0);
  REQUIRE(stuck.size() == 32);
  fixture.pass(100ms);
  Asker other(fixture, client(2));
  (void)other.ask(query(5, "www.example.net"));
  CHECK(fixture.upstream.opened.size() == 2);
  fixture.connect(1);
  const auto sent = fixture.queries(1);
  REQUIRE(sent.size() == 1);
  CHECK(fixture.upstream.closed_by_pool == 0);
  // An answer on the wrong connection is nobody's, with whatever ID.
  fixture.reply(0, answer_to(sent[0]));
  CHECK(other.answers.empty());
  fixture.reply(1, answer_to(sent[0]));
  CHECK(other.answers.size() == 1);
  // What is answered late is answered all the same.
  for (const auto& one : stuck) fixture.reply(0, answer_to(one));
  CHECK(fixture.counters.upstream.answers.value() == 33);
  CHECK(fixture.upstream.closed_by_pool == 1);
  CHECK(fixture.pool.connected() == 1);
}

TEST_CASE("a connection that is retired is replaced at once, and there are only so many of them",
          "[pool]") {
  PoolFixture fixture(one_connection());
  Asker unlucky(fixture);
  Asker other(fixture);
  std::chrono::milliseconds worst{0};
  for (unsigned i = 0; i < 240; ++i) {  // four a second without an answer, for a minute
    (void)unlucky.ask(query(1, "never"));
    for (int tick = 0; tick < 5; ++tick) {
      (void)other.ask(query(2, "www.example.net"));
      worst = std::max(worst, wait_for(fixture, other, 4s));
      REQUIRE(other.answers.size() == 1);
      other.answers.clear();
      fixture.pass(50ms);
    }
  }
  CHECK(worst <= 2ms);
  CHECK(fixture.counters.upstream.connections_retired.value() >= 3);
  CHECK(fixture.upstream.live() <= 2);
  CHECK_FALSE(fixture.upstream.misused());
}

TEST_CASE("no more connections are retired than there is room for", "[pool]") {
  auto settings = one_connection();
  settings.in_flight_per_connection = 4;
  settings.connections = 2;
  PoolFixture fixture(settings);
  std::vector<std::unique_ptr<Asker>> askers;
  for (unsigned i = 0; i < 300; ++i) {
    askers.push_back(std::make_unique<Asker>(fixture));
    (void)askers.back()->ask(query(i, "never"));
    fixture.connect_all();
    fixture.pass(40ms);
    REQUIRE(fixture.upstream.live() <= 3);
  }
  CHECK_FALSE(fixture.upstream.misused());
}

TEST_CASE("a client cannot fill the memory for queries or the queue against others", "[pool]") {
  auto settings = one_connection();
  settings.query_octets = 1'000'000;
  PoolFixture fixture(settings);
  Asker greedy(fixture, client(1));
  const auto big = edns_query(1, "never", option(65001, 60'000));
  while (!greedy.ask(big)) {
  }
  Asker other(fixture, client(2));
  CHECK_FALSE(other.ask(query(1, "www.example.net")));
}

TEST_CASE("a shorter deadline does not keep later queries from reaching theirs", "[pool]") {
  auto settings = one_connection();
  settings.query_deadline = 60s;
  PoolFixture fixture(settings);
  Asker asker(fixture);
  (void)asker.ask(query(1, "never"));
  fixture.connect_all();
  settings.query_deadline = 1s;
  fixture.pool.set(settings, fixture.now);
  fixture.connect_all();
  fixture.pass(500ms);
  (void)asker.ask(query(2, "never"));
  fixture.pass(500ms);
  CHECK(asker.failures.size() == 1);
  fixture.connect_all();
  fixture.pass(500ms);
  CHECK(asker.failures.size() == 2);
}

TEST_CASE("a resolver that closes after each few answers answers everything", "[pool]") {
  const std::size_t each = GENERATE(1U, 2U, 3U);
  const std::size_t connections = GENERATE(1U, 8U);
  auto settings = one_connection();
  settings.connections = connections;
  PoolFixture fixture(settings);
  Asker asker(fixture);
  Asker other(fixture);
  for (unsigned i = 0; i < 60; ++i) (void)(i % 2 == 0 ? asker : other).submit(query(i, host_of(i)));
  fixture.pool.flush();
  for (int round = 0; round < 200 && fixture.pool.pending() != 0; ++round) {
    fixture.connect_all();
    for (std::size_t i = 0; i < fixture.upstream.connections.size(); ++i) {
      if (!fixture.upstream.connections[i].live || !fixture.upstream.connections[i].connected) {
        continue;
      }
      const auto sent = fixture.queries(i);
      for (std::size_t n = 0; n < std::min(each, sent.size()); ++n) {
        fixture.reply(i, answer_to(sent[n]));
      }
      fixture.end(i);
    }
  }
  CHECK(asker.answers.size() + other.answers.size() == 60);
  CHECK(fixture.now == TimePoint{1h});         // no time had to pass
  CHECK(fixture.upstream.states.size() < 40);  // nor is each of these an event
}

TEST_CASE("a query that ends every connection is given up, also where others are answered",
          "[pool]") {
  PoolFixture fixture(one_connection());
  Asker bad(fixture);
  Asker good(fixture);
  (void)bad.ask(query(1, "poison"));
  int ended = 0;
  for (; bad.failures.empty() && ended < 100; ++ended) {
    (void)good.ask(query(2, "www.example.net"));
    fixture.connect_all();
    for (const auto& sent : fixture.queries(0)) {
      if (sent != query(id_of(sent), "poison")) fixture.reply(0, answer_to(sent));
    }
    fixture.end(0);
    fixture.pass(100ms);
  }
  CHECK(ended <= 33);
  CHECK(good.failures.empty());
}
