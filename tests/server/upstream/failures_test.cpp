// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/pool.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "support/pool_fixture.hpp"

using namespace mooring::server;
using namespace mooring::test;

namespace {

using Failures = std::vector<std::pair<std::uint16_t, QueryFailure>>;

UpstreamSettings small() {
  UpstreamSettings settings;
  settings.connections = 2;
  settings.in_flight_per_connection = 4;
  settings.waiting = 4;
  return settings;
}

std::vector<Octets> join_all(std::vector<Octets> all, const std::vector<Octets>& more) {
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace

TEST_CASE("an answer that fits no query is dropped and disturbs nobody", "[pool]") {
  PoolFixture fixture;
  Asker asker(fixture);
  const auto asked = query(1, "www.example.net");
  (void)asker.ask(asked);
  (void)asker.ask(query(2, "other.example.net"));
  fixture.connect(0);
  const auto sent = fixture.queries(0);
  auto& counters = fixture.counters.upstream;

  SECTION("wrong ID") {
    auto wrong = answer_to(sent[0]);
    while (id_of(wrong) == id_of(sent[0]) || id_of(wrong) == id_of(sent[1])) {
      wrong[1] = std::byte(std::to_integer<unsigned>(wrong[1]) + 1);
    }
    fixture.reply(0, wrong);
    CHECK(counters.answers_unknown_id.value() == 1);
  }
  SECTION("wrong question") {
    fixture.reply(0, answer_to(query(id_of(sent[0]), "www.example.org")));
    fixture.reply(0, answer_to(query(id_of(sent[0]), "other.example.net")));
    CHECK(counters.answers_wrong_question.value() == 2);
  }
  CHECK(asker.answers.empty());
  CHECK(asker.in_flight() == 2);
  fixture.reply(0, answer_to(sent[0]));
  CHECK(asker.answers == std::vector<Octets>{answer_to(asked)});
  // Twice.
  const auto unknown = counters.answers_unknown_id.value();
  fixture.reply(0, answer_to(sent[0]));
  CHECK(counters.answers_unknown_id.value() == unknown + 1);
  CHECK(asker.answers.size() == 1);
  CHECK(asker.in_flight() == 1);
  CHECK(fixture.upstream.closed_by_pool == 0);
}

TEST_CASE("an answer that cannot be passed on is a failure at once", "[pool]") {
  PoolFixture fixture;
  Asker asker(fixture);
  (void)asker.ask(query(1, "www.example.net"));
  fixture.connect(0);
  auto broken = answer_to(fixture.queries(0).at(0));
  broken.pop_back();
  fixture.reply(0, broken);
  CHECK(asker.failures == Failures{{1, QueryFailure::malformed}});
  CHECK(fixture.pool.pending() == 0);
  CHECK(fixture.upstream.closed_by_pool == 0);
}

TEST_CASE("nonsense costs the connection, and its queries are asked again elsewhere", "[pool]") {
  struct Case {
    const char* what;
    Octets octets;
  };
  const Case cases[] = {
      {"no header", framed(Octets(11))},
      {"empty message", framed({})},
      {"a query", framed(query(1, "www.example.net"))},
  };
  for (const auto& one : cases) {
    INFO(one.what);
    PoolFixture fixture;
    Asker asker(fixture);
    const auto asked = query(1, "www.example.net");
    (void)asker.ask(query(9, "a"));
    (void)asker.ask(asked);
    fixture.connect(0);
    const auto sent = fixture.queries(0);
    // What came before it counts, what comes after it does not.
    const auto late = framed(answer_to(sent[1]));
    fixture.data(0, join({framed(answer_to(sent[0])), one.octets, late}));
    CHECK(asker.answers.size() == 1);
    CHECK(fixture.upstream.closed_by_pool == 1);
    CHECK(fixture.counters.upstream.nonsense.value() == 1);
    fixture.connect_all();
    const auto again = fixture.queries(0);
    REQUIRE(again.size() == 1);
    fixture.reply(0, answer_to(again[0]));
    CHECK(asker.answers.back() == answer_to(asked));
    CHECK(fixture.counters.upstream.sent_again.value() == 1);
  }
}

TEST_CASE("what is asked again of a resolver that is being stopped has one more try", "[pool]") {
  PoolFixture fixture;
  Asker asker(fixture);
  have_answered(fixture, asker);
  (void)asker.ask(query(1, "www.example.net"));
  fixture.end(0);
  // Its kernel still takes connections, and resets them when the process has gone.
  fixture.connect_all();
  CHECK(fixture.queries(0).size() == 1);
  fixture.end(0);
  CHECK(asker.failures.empty());
  fixture.pass(100ms);
  fixture.connect_all();
  const auto third = fixture.queries(0);
  REQUIRE(third.size() == 1);
  SECTION("and is answered by the new one") {
    fixture.reply(0, answer_to(third[0]));
    CHECK(asker.answers.size() == 1);
  }
  SECTION("and no other") {
    fixture.end(0);
    CHECK(asker.failures == Failures{{1, QueryFailure::lost}});
  }
}

TEST_CASE("queries of a lost connection are asked again, and once more if it brought no answer",
          "[pool]") {
  PoolFixture fixture;
  Asker asker(fixture);
  have_answered(fixture, asker);
  for (unsigned i = 0; i < 3; ++i) (void)asker.ask(query(i, host_of(i)));
  CHECK(fixture.queries(0).size() == 3);
  // Half an answer, then the end.
  fixture.data(0, Octets{std::byte{0}, std::byte{30}, std::byte{1}});
  fixture.end(0);
  CHECK(fixture.upstream.states == "0 up, 0 lost, ");
  CHECK(asker.failures.empty());
  fixture.connect_all();
  CHECK(fixture.upstream.states == "0 up, 0 lost, 0 up, ");
  // It had answered one query; that many are sent to the next, and more with each answer.
  const auto again = fixture.queries(0);
  REQUIRE(again.size() == 1);
  CHECK(again[0] == query(id_of(again[0]), host_of(0)));
  fixture.reply(0, answer_to(again[0]));
  CHECK(asker.answers == std::vector<Octets>{answer_to(query(0, host_of(0)))});
  for (int i = 0; i < 3; ++i) {  // the first of these has brought an answer
    CHECK(asker.failures.empty());
    for (std::size_t each = 0; each < 8; ++each) {
      if (fixture.upstream.connections[each].live) fixture.end(each);
    }
    fixture.pass(100ms);
    fixture.connect_all();
  }
  CHECK(asker.failures == Failures{{1, QueryFailure::lost}, {2, QueryFailure::lost}});
  CHECK(fixture.pool.pending() == 0);
}

TEST_CASE("queries that are asked again come before those that wait", "[pool]") {
  auto settings = small();
  settings.connections = 1;
  PoolFixture fixture(settings);
  Asker asker(fixture);
  for (unsigned i = 0; i < 4; ++i) (void)asker.ask(query(i, host_of(i)));
  fixture.connect(0);
  for (unsigned i = 4; i < 6; ++i) (void)asker.ask(query(i, host_of(i)));
  fixture.reply(0, answer_to(fixture.queries(0).at(1)));  // host 4 is sent
  fixture.end(0);
  fixture.connect_all();
  CHECK(fixture.pool.pending() == 5);
  // As many as the last connection has answered, and more with each answer.
  std::vector<Octets> sent = fixture.queries(0);
  CHECK(sent.size() == 1);
  for (std::size_t i = 0; i < sent.size(); ++i) {
    fixture.reply(0, answer_to(sent[i]));
    sent = join_all(std::move(sent), fixture.queries(0));
  }
  REQUIRE(sent.size() == 5);
  const std::array<unsigned, 5> order{0, 2, 3, 4, 5};
  for (std::size_t i = 0; i < 5; ++i) CHECK(sent[i] == query(id_of(sent[i]), host_of(order[i])));
}

TEST_CASE("a query without an answer fails at its deadline and keeps its ID", "[pool]") {
  PoolFixture fixture;
  Asker asker(fixture);
  (void)asker.ask(query(1, "slow.example.net"));
  fixture.connect(0);
  const auto slow = fixture.queries(0).at(0);
  for (int i = 0; i < 7; ++i) {  // others are answered meanwhile: the connection is sound
    fixture.pass(1s);
    (void)asker.ask(query(2, host_of(2)));
    fixture.reply(0, answer_to(fixture.queries(0).at(0)));
  }
  CHECK(asker.failures.empty());
  CHECK(asker.answers.size() == 7);
  fixture.pass(1s);
  CHECK(asker.failures == Failures{{1, QueryFailure::timeout}});
  CHECK(fixture.pool.pending() == 1);  // the answer is still owed
  fixture.reply(0, answer_to(slow));
  CHECK(asker.answers.size() == 7);
  CHECK(fixture.counters.upstream.answers_late.value() == 1);
  CHECK(fixture.pool.pending() == 0);
}

TEST_CASE("a silent connection is given up in time for another try", "[pool]") {
  PoolFixture fixture;
  Asker asker(fixture);
  (void)asker.ask(query(1, "www.example.net"));
  fixture.connect(0);
  CHECK(fixture.queries(0).size() == 1);
  fixture.pass(4s);
  CHECK(fixture.upstream.closed_by_pool == 1);
  fixture.connect_all();
  const auto again = fixture.queries(0);
  REQUIRE(again.size() == 1);
  fixture.pass(3900ms);
  CHECK(asker.failures.empty());
  fixture.pass(100ms);
  CHECK(asker.failures == Failures{{1, QueryFailure::timeout}});
  CHECK(fixture.pool.pending() == 0);
}

TEST_CASE("a connection that owes too much is retired and the others are served", "[pool]") {
  PoolFixture fixture(small());
  Asker asker(fixture);
  for (unsigned i = 0; i < 3; ++i) (void)asker.ask(query(i, host_of(i)));
  fixture.connect(0);
  (void)fixture.queries(0);
  for (int i = 0; i < 8; ++i) {
    fixture.pass(1s);
    if (i == 7) break;
    (void)asker.ask(query(9, host_of(9)));
    const auto sent = fixture.queries(0);
    REQUIRE(sent.size() == 1);
    fixture.reply(0, answer_to(sent[0]));
  }
  CHECK(asker.failures.size() == 3);
  CHECK(fixture.upstream.closed_by_pool == 1);
  CHECK(fixture.counters.upstream.connections_retired.value() == 1);
  CHECK(fixture.pool.pending() == 0);
  (void)asker.ask(query(5, host_of(5)));
  fixture.connect_all();
  CHECK(fixture.queries(0).size() == 1);
  CHECK_FALSE(fixture.upstream.misused());
}
