// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/client/exchange.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "support/pool_fixture.hpp"

using namespace mooring::server;
using namespace mooring::test;

namespace {

struct Changes final : ExchangeListener {
  void on_exchange_changed() override { ++count; }
  std::size_t count = 0;
};

/// An exchange and all that it stands on: one process, so to say.
struct World {
  explicit World(std::size_t most = 100) : max_in_flight(most) {}
  ~World() { exchange.abandon(); }

  void receive(ByteView octets) { exchange.receive(octets, max_in_flight, pool.now); }
  /// The resolver answers what has reached it.
  void answer_all() {
    pool.pool.flush();
    pool.connect_all();
    for (std::size_t i = 0; i < pool.settings.connections; ++i) {
      for (const auto& sent : pool.queries(i)) pool.reply(i, answer_to(sent));
    }
  }
  /// Goes on until nothing is held back and everything is answered.
  void finish() {
    for (int turn = 0; turn < 20; ++turn) {
      answer_all();
      exchange.resume(max_in_flight, pool.now);
    }
  }
  /// The client takes what is ready.
  std::vector<Octets> read() {
    auto messages = unframed(exchange.ready());
    exchange.clear_ready();
    return messages;
  }

  std::size_t max_in_flight;
  PoolFixture pool;
  BufferPool buffers{1U << 20U};
  Changes changes;
  Peer peer{*Endpoint::parse("192.0.2.7:40007")};
  DnsExchange exchange{pool.pool, buffers, pool.counters.clients, changes, peer, std::nullopt};
};

/// What a client may say, each message answered in its own way.
Octets conversation() {
  return join({framed(query(1, "a")), framed(edns_query(2, "b", option(12, 5))),
               framed(MessageWriter().header(3, kRd, 0)), framed(query(4, "example.net", 252)),
               framed(edns_query(5, "c"))});
}

std::vector<Octets> sorted(std::vector<Octets> messages) {
  std::sort(messages.begin(), messages.end());
  return messages;
}

std::vector<Octets> answers_uncut() {
  World world;
  world.receive(conversation());
  world.finish();
  return sorted(world.read());
}

}  // namespace

TEST_CASE("another exchange goes on from a snapshot after any octet", "[exchange]") {
  const auto stream = conversation();
  const auto expected = answers_uncut();
  REQUIRE(expected.size() == 5);
  // In flight and not yet sent, answered and not yet read, or read; held back or not.
  enum class Before { nothing, answered, read };
  for (const auto before : {Before::nothing, Before::answered, Before::read}) {
    for (const std::size_t most : {std::size_t{100}, std::size_t{1}}) {
      for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
        INFO("cut at " << cut << ", " << most << " in flight, " << static_cast<int>(before));
        std::vector<Octets> answers;
        World first(most), second(most);
        first.receive(ByteView(stream).first(cut));
        if (before != Before::nothing) first.answer_all();
        if (before == Before::read) answers = first.read();
        const auto snapshot = first.exchange.snapshot();
        const std::size_t unanswered = first.exchange.unanswered();
        first.exchange.abandon();
        CHECK(first.buffers.octets_in_use() == 0);

        second.exchange.restore(snapshot, second.pool.now);
        CHECK(second.exchange.unanswered() == unanswered);
        second.receive(ByteView(stream).subspan(cut));
        second.finish();
        const auto rest = second.read();
        answers.insert(answers.end(), rest.begin(), rest.end());
        CHECK(sorted(answers) == expected);
        CHECK(second.exchange.received() == expected.size());
        CHECK(second.buffers.octets_in_use() == 0);
      }
    }
  }
}

TEST_CASE("a snapshot names the queries in flight by tag and the client's ID", "[exchange]") {
  World first, second;
  first.receive(conversation());
  const auto snapshot = first.exchange.snapshot();
  REQUIRE(snapshot.in_flight.size() == 3);
  const std::pair<unsigned, unsigned> tag_and_id[] = {{1, 1}, {2, 2}, {5, 5}};
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(snapshot.in_flight[i].context.tag == tag_and_id[i].first);
    CHECK(id_of(snapshot.in_flight[i].message) == tag_and_id[i].second);
    CHECK(snapshot.in_flight[i].context.peer == first.peer.address);
  }
  // The option is not passed on, but that the client has sent it stays known.
  CHECK(snapshot.in_flight[1].message == edns_query(2, "b"));
  CHECK(snapshot.in_flight[1].context.asked.padding);
  CHECK_FALSE(snapshot.in_flight[2].context.asked.padding);

  second.exchange.restore(snapshot, second.pool.now);
  const auto again = second.exchange.snapshot();
  REQUIRE(again.in_flight.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(again.in_flight[i].context == snapshot.in_flight[i].context);
    CHECK(again.in_flight[i].message == snapshot.in_flight[i].message);
  }
  CHECK(again.unsent == snapshot.unsent);
}

TEST_CASE("an exchange at fault is restored as one", "[exchange]") {
  World first, second, third;
  first.receive(join({framed(query(1, "a")), framed(Octets(3))}));
  CHECK(first.exchange.fault() == ExchangeFault::malformed);
  second.exchange.restore(first.exchange.snapshot(), second.pool.now);
  CHECK(second.exchange.fault() == ExchangeFault::malformed);
  CHECK(second.changes.count > 0);
  second.receive(framed(query(2, "b")));
  second.finish();
  CHECK(second.read() == std::vector<Octets>{answer_to(query(1, "a"))});
  // So is one that is given what is no query.
  third.exchange.restore({{}, {}, {{Octets(3), {}}}, 1, ExchangeFault::none}, third.pool.now);
  CHECK(third.exchange.fault() == ExchangeFault::malformed);
}

TEST_CASE("an exchange that finds no memory for a snapshot says so", "[exchange]") {
  World world;
  world.buffers.set_max(1024);
  world.exchange.restore({{}, Octets(5000), {}, 1, ExchangeFault::none}, world.pool.now);
  CHECK(world.exchange.fault() == ExchangeFault::no_memory);
  CHECK(world.changes.count > 0);
}
