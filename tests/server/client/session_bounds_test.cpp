// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>

#include "support/dot_client.hpp"

using namespace mooring;
using namespace mooring::server;
using namespace mooring::test;

namespace {

Octets queries_framed(unsigned count) {
  Octets stream;
  for (unsigned i = 0; i < count; ++i) stream = join({stream, framed(query(i, host_of(i)))});
  return stream;
}

/// Answers everything with messages of about `size` octets.
void answer_big(WorkerFixture& worker, std::size_t size) {
  const Octets record =
      MessageWriter().u16(0xc00c).u16(16).u16(1).u32(1).u16(static_cast<unsigned>(size)).fill(size);
  worker.turn();
  worker.connect_all();
  for (std::size_t i = 0; i < 8; ++i) {
    for (const auto& sent : worker.queries(i)) {
      worker.pool.on_data(WorkerFixture::id(i), framed(answer_to(sent, 1, record, 1)), worker.now);
    }
  }
  worker.turn();
}

}  // namespace

TEST_CASE("queries above the bound of one client wait, and none is lost", "[session]") {
  SessionSettings settings;
  settings.max_in_flight = 10;
  WorkerFixture worker(settings);
  DotClient client(worker), other(worker);
  client.shake_hands();
  other.shake_hands();
  client.send(queries_framed(95), SIZE_MAX);
  CHECK_FALSE(client.reading);
  worker.turn();
  CHECK(worker.pool.pending() == 10);
  other.ask(query(1, host_of(1)));
  std::size_t rounds = 0, got = 0;
  while (got < 95 && rounds < 20) {
    worker.answer_all();
    CHECK(worker.pool.pending() <= 10);
    for (const auto& answer : client.read()) {
      CHECK(answer == answer_to(query(id_of(answer), host_of(id_of(answer)))));
      ++got;
    }
    ++rounds;
  }
  CHECK(got == 95);
  CHECK(rounds == 10);
  CHECK(other.read().size() == 1);
  CHECK(client.reading);
  CHECK(worker.buffers.octets_in_use() == 0);
  CHECK_FALSE(client.misused);
}

TEST_CASE("a client that does not read is not read from, and goes on when it reads", "[session]") {
  SessionSettings settings;
  settings.max_waiting_octets = 10'000;
  WorkerFixture worker(settings);
  DotClient client(worker), other(worker);
  client.shake_hands();
  other.shake_hands();
  client.stalled = true;
  client.send(queries_framed(12), SIZE_MAX);
  answer_big(worker, 1000);
  CHECK_FALSE(client.reading);
  // Others do not notice.
  other.ask(query(1, host_of(1)));
  worker.answer_all();
  CHECK(other.read().size() == 1);
  const auto writes = client.writes;
  client.unstall();
  worker.turn();
  CHECK(client.reading);
  CHECK(client.read().size() == 12);
  CHECK(client.writes == writes);
  CHECK_FALSE(client.misused);
}

TEST_CASE("answers for a client that does not read gather until it does", "[session]") {
  WorkerFixture worker;
  DotClient client(worker);
  client.shake_hands();
  client.stalled = true;
  for (unsigned i = 0; i < 10; ++i) {
    client.ask(query(i, host_of(i)));
    worker.answer_all();
  }
  const auto writes = client.writes;
  client.unstall();
  worker.turn();
  CHECK(client.writes == writes + 1);
  CHECK(client.read().size() == 10);
}

TEST_CASE("a client that asks much and never reads is closed", "[session]") {
  SECTION("by the bound on what waits") {
    SessionSettings settings;
    settings.max_waiting_octets = 2'500;
    WorkerFixture worker(settings);
    DotClient client(worker);
    client.shake_hands();
    client.stalled = true;
    client.send(queries_framed(1), SIZE_MAX);
    answer_big(worker, 1000);
    client.send(queries_framed(90), SIZE_MAX);
    answer_big(worker, 1000);
    CHECK(client.closed);
    CHECK(client.mode == CloseMode::at_once);
    CHECK(worker.counters.connections.closed_overfull.value() == 1);
    CHECK(worker.buffers.octets_in_use() == 0);
  }
  SECTION("by the time that a write takes") {
    WorkerFixture worker;
    DotClient client(worker);
    client.shake_hands();
    client.stalled = true;
    client.ask(query(1, host_of(1)));
    worker.answer_all();
    worker.pass_time(9s);
    CHECK_FALSE(client.closed);
    CHECK(worker.group.next_deadline() == worker.now + 1s);
    worker.pass_time(1s);
    CHECK(client.closed);
    CHECK(worker.counters.connections.closed_write_timeout.value() == 1);
  }
}

TEST_CASE("a handshake that does not end is closed", "[session]") {
  WorkerFixture worker;
  DotClient silent(worker);
  worker.pass_time(5s);
  DotClient later(worker);
  worker.pass_time(4999ms);
  CHECK_FALSE(silent.closed);
  worker.pass_time(1ms);
  CHECK(silent.closed);
  CHECK_FALSE(later.closed);
  CHECK(worker.counters.connections.closed_handshake_timeout.value() == 1);
  later.shake_hands();
  worker.pass_time(5s);
  CHECK_FALSE(later.closed);
}

TEST_CASE("idleness ends with whole messages only", "[session]") {
  WorkerFixture worker;
  DotClient idle(worker), trickler(worker), busy(worker);
  idle.shake_hands();
  trickler.shake_hands();
  busy.shake_hands();
  for (std::size_t second = 0; second < 60; ++second) {
    trickler.send(Octets{std::byte{0xff}}, SIZE_MAX);  // never a whole message
    if (second % 10 == 0) {
      busy.ask(query(1, host_of(1)));
      worker.answer_all();
    }
    CHECK_FALSE(trickler.closed);
    worker.pass_time(1s);
  }
  CHECK(idle.closed);
  CHECK(idle.mode == CloseMode::after_sending);
  (void)idle.read();
  CHECK(idle.tls().state() == tlsext::SessionState::peer_closed);
  CHECK(trickler.closed);
  CHECK_FALSE(busy.closed);
  CHECK(worker.counters.connections.closed_idle.value() == 2);
}

TEST_CASE("a shorter timeout does not keep later sessions from reaching theirs", "[session]") {
  SessionSettings settings;
  settings.handshake_timeout = settings.idle_timeout = settings.write_timeout = 60s;
  WorkerFixture worker(settings);
  SECTION("of idleness") {
    DotClient earlier(worker), later(worker);
    earlier.shake_hands();
    settings.idle_timeout = 2s;
    worker.group.set(settings, worker.now);
    later.shake_hands();
    worker.pass_time(1999ms);
    CHECK_FALSE(earlier.closed);
    CHECK_FALSE(later.closed);
    worker.pass_time(1ms);
    CHECK(earlier.closed);
    CHECK(later.closed);
    CHECK(worker.counters.connections.closed_idle.value() == 2);
  }
  SECTION("of handshakes") {
    DotClient earlier(worker);
    settings.handshake_timeout = 2s;
    worker.group.set(settings, worker.now);
    DotClient later(worker);
    CHECK(worker.group.next_deadline() == worker.now + 2s);
    worker.pass_time(2s);
    CHECK(earlier.closed);
    CHECK(later.closed);
  }
  SECTION("of writes") {
    DotClient earlier(worker), later(worker);
    for (auto* const client : {&earlier, &later}) {
      client->shake_hands();
      client->stalled = true;
    }
    earlier.ask(query(1, host_of(1)));
    worker.answer_all();
    settings.write_timeout = 2s;
    worker.group.set(settings, worker.now);
    later.ask(query(2, host_of(2)));
    worker.answer_all();
    worker.pass_time(2s);
    CHECK(earlier.closed);
    CHECK(later.closed);
    CHECK(worker.counters.connections.closed_write_timeout.value() == 2);
  }
  SECTION("and a longer one ends nobody later than was said") {
    DotClient earlier(worker), later(worker);
    earlier.shake_hands();
    settings.idle_timeout = 90s;
    worker.group.set(settings, worker.now);
    later.shake_hands();
    worker.pass_time(60s);
    CHECK(earlier.closed);
    CHECK_FALSE(later.closed);
    worker.pass_time(30s);
    CHECK(later.closed);
  }
}

TEST_CASE("a session is not idle while it is owed an answer", "[session]") {
  SessionSettings settings;
  settings.idle_timeout = 2s;
  WorkerFixture worker(settings);
  DotClient client(worker);
  client.shake_hands();
  client.ask(query(1, host_of(1)));
  worker.turn();
  worker.connect_all();
  worker.pass_time(3s);
  CHECK_FALSE(client.closed);
  worker.answer_all();
  CHECK(client.read().size() == 1);
  worker.pass_time(2s);
  CHECK(client.closed);
}

TEST_CASE("a worker that ends answers what it has and takes nothing new", "[session]") {
  WorkerFixture worker;
  DotClient asking(worker), idle(worker), young(worker);
  asking.shake_hands();
  idle.shake_hands();
  asking.send(queries_framed(3), SIZE_MAX);
  worker.turn();
  worker.connect_all();
  worker.group.begin_drain();
  worker.turn();
  CHECK(young.closed);
  CHECK(idle.closed);
  CHECK_FALSE(asking.closed);
  CHECK_FALSE(asking.reading);
  worker.answer_all();
  CHECK(asking.read().size() == 3);
  CHECK(asking.closed);
  CHECK(asking.tls().state() == tlsext::SessionState::peer_closed);
  CHECK(worker.group.size() == 0);
  CHECK_FALSE(worker.group.next_deadline());
  CHECK(worker.counters.connections.closed_drained.value() == 3);
}

TEST_CASE("a worker that must end closes everybody politely", "[session]") {
  WorkerFixture worker;
  DotClient asking(worker), young(worker);
  asking.shake_hands();
  asking.send(queries_framed(3), SIZE_MAX);
  worker.turn();
  worker.group.close_all();
  (void)asking.read();
  CHECK(asking.tls().state() == tlsext::SessionState::peer_closed);
  CHECK(young.closed);
  CHECK(worker.group.size() == 0);
}

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

TEST_CASE("what the kernel has taken does not count against a slow client", "[session]") {
  SessionSettings settings;
  settings.max_waiting_octets = 2'500;
  WorkerFixture worker(settings);
  DotClient client(worker);
  client.shake_hands();
  client.send(queries_framed(1), SIZE_MAX);
  client.stalled = true;
  answer_big(worker, 30'000);
  SECTION("by octets") {
    client.send(queries_framed(12), SIZE_MAX);
    client.unsent = 100;
    answer_big(worker, 1'000);
    CHECK_FALSE(client.closed);
    CHECK(worker.counters.connections.closed_overfull.value() == 0);
  }
  SECTION("by time") {
    for (int i = 0; i < 5; ++i) {
      worker.pass_time(9s);
      client.unsent -= 1'000;
      worker.pass_time(1s);
      CHECK_FALSE(client.closed);
    }
    worker.pass_time(10s);
    CHECK(client.closed);
    CHECK(worker.counters.connections.closed_write_timeout.value() == 1);
  }
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

TEST_CASE("a resumed session is counted as one", "[session]") {
  WorkerFixture worker;
  DotClient first(worker);
  first.shake_hands();
  (void)first.read();
  const auto ticket = first.tls().resumption_ticket();
  REQUIRE(ticket);
  DotClient second(worker, tlsext::Version::tls13, ticket);
  second.shake_hands();
  CHECK(worker.counters.connections.handshakes_full.value() == 1);
  CHECK(worker.counters.connections.handshakes_resumed.value() == 1);
}
