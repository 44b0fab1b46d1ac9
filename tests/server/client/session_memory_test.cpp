// SPDX-License-Identifier: GPL-3.0-or-later
//
// What sessions hold of the memory for messages, and who gives it back when it runs out.
#include <catch2/catch.hpp>
#include <memory>
#include <vector>

#include "support/dot_client.hpp"

using namespace mooring;
using namespace mooring::server;
using namespace mooring::test;

TEST_CASE("message memory is bounded, and who has held the most for longest goes", "[session]") {
  WorkerFixture worker;
  worker.buffers.set_max(200'000);
  DotClient first(worker), second(worker), third(worker);
  for (DotClient* client : {&first, &second, &third}) {
    client->shake_hands();
    client->ask(query(1, host_of(1)));
    worker.answer_all();
    client->send(MessageWriter().u16(65'535).fill(33'000), SIZE_MAX);  // half a message
    worker.turn();
  }
  CHECK(first.closed);
  CHECK(second.closed);
  CHECK_FALSE(third.closed);
  CHECK(worker.counters.connections.closed_no_memory.value() == 2);
  CHECK(worker.buffers.octets_in_use() <= 150'000);
}

TEST_CASE("half-sent messages of a thousand clients cost nobody else an answer", "[session]") {
  WorkerFixture worker;
  worker.buffers.set_max(4U << 20U);
  DotClient victim(worker);
  victim.shake_hands();
  std::vector<std::unique_ptr<DotClient>> hostile;
  const bool with_a_query = GENERATE(false, true);
  for (unsigned i = 0; i < 1'000; ++i) {
    auto& client = *hostile.emplace_back(std::make_unique<DotClient>(worker));
    client.shake_hands();
    if (with_a_query) {
      client.ask(query(1, host_of(1)));
      worker.answer_all();
    }
    client.send(MessageWriter().u16(65'535).fill(33'000U >> i % 7), SIZE_MAX);
    if (i % 100 == 0) worker.turn();
    if (i % 250 != 0) continue;
    victim.ask(query(i, host_of(i)));
    answer_big(worker, 1'000);
    REQUIRE_FALSE(victim.closed);
    REQUIRE(victim.read().size() == 1);
  }
  // The same for a query that comes in pieces.
  const Octets whole = framed(query(7, host_of(7)));
  victim.send(Octets(whole.begin(), whole.begin() + 9), SIZE_MAX);
  worker.turn();
  victim.send(Octets(whole.begin() + 9, whole.end()), SIZE_MAX);
  answer_big(worker, 1'000);
  CHECK(victim.read().size() == 1);
  CHECK(worker.buffers.octets_in_use() <= 3U << 20U);
  // Those that went held the most; who has sent little stays.
  std::size_t gone = 0;
  for (unsigned i = 0; i < 1'000; ++i) {
    gone += hostile[i]->closed ? 1U : 0U;
    if (i % 7 == 6) CHECK_FALSE(hostile[i]->closed);
  }
  CHECK(gone > 200);
  CHECK(worker.counters.connections.closed_no_memory.value() == gone);
}

TEST_CASE("what the kernel has not taken counts as message memory", "[session]") {
  WorkerFixture worker;
  DotClient stalled(worker), victim(worker);
  stalled.shake_hands();
  victim.shake_hands();
  stalled.stalled = true;
  stalled.send(queries_framed(20), SIZE_MAX);
  answer_big(worker, 1'000);
  CHECK(worker.buffers.octets_in_use() == stalled.unsent);
  SECTION("until it has") {
    stalled.unstall();
    worker.turn();
  }
  SECTION("until the session is closed") {
    stalled.session->on_end(StreamEnd::broken);
  }
  SECTION("until the session is destroyed") {
    stalled.session.reset();
  }
  SECTION("and its holder is the first to go") {
    worker.buffers.set_max(stalled.unsent + 500);
    victim.ask(query(1, host_of(1)));
    answer_big(worker, 1'000);
    CHECK(stalled.closed);
    CHECK(stalled.mode == CloseMode::at_once);
    CHECK(worker.counters.connections.closed_no_memory.value() == 1);
    CHECK(victim.read().size() == 1);
  }
  CHECK(worker.buffers.octets_in_use() == 0);
  CHECK_FALSE(victim.closed);
}

TEST_CASE("answers to several who do not read are bounded by the pool", "[session]") {
  WorkerFixture worker;
  worker.buffers.set_max(200'000);
  std::vector<std::unique_ptr<DotClient>> stalled;
  for (unsigned i = 0; i < 20; ++i) {
    auto& client = *stalled.emplace_back(std::make_unique<DotClient>(worker));
    client.shake_hands();
    client.stalled = true;
    client.send(queries_framed(20), SIZE_MAX);
    answer_big(worker, 1'000);
    CHECK(worker.buffers.octets_in_use() <= 200'000);
  }
  CHECK_FALSE(stalled.back()->closed);
  CHECK(stalled.front()->closed);
}

TEST_CASE("a large first message gets memory from what is free, not from others", "[session]") {
  WorkerFixture worker;
  worker.buffers.set_max(1U << 20U);
  DotClient reader(worker), first(worker), second(worker);
  for (DotClient* client : {&reader, &first, &second}) client->shake_hands();
  reader.stalled = true;
  reader.send(queries_framed(100), SIZE_MAX);
  answer_big(worker, 3'000);
  REQUIRE(reader.unsent > (1U << 18U));
  const Octets half = MessageWriter().u16(65'535).fill(33'000);
  first.send(half, SIZE_MAX);
  second.ask(query(1, host_of(1)));
  answer_big(worker, 1'000);
  second.send(half, SIZE_MAX);
  worker.turn();
  CHECK_FALSE(reader.closed);
  CHECK(first.closed);  // nothing is known of it but that it wants much
  CHECK_FALSE(second.closed);
}

TEST_CASE("idle sessions hold no message memory", "[session]") {
  WorkerFixture worker;
  std::vector<std::unique_ptr<DotClient>> clients;
  for (unsigned i = 0; i < 50; ++i) {
    auto& client = *clients.emplace_back(std::make_unique<DotClient>(worker));
    client.shake_hands();
    client.ask(query(1, host_of(1)));
    worker.answer_all();
    CHECK(client.read().size() == 1);
  }
  CHECK(worker.buffers.octets_in_use() == 0);
  CHECK(worker.pool.pending() == 0);
  CHECK(worker.group.size() == 50);
}
