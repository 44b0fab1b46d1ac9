// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/client/session.hpp"

#include <catch2/catch.hpp>

#include "support/dot_client.hpp"

using namespace mooring;
using namespace mooring::server;
using namespace mooring::test;

namespace {

Octets edns_queries_framed(unsigned first, unsigned count) {
  Octets stream;
  for (unsigned i = first; i < first + count; ++i) {
    stream = join({stream, framed(edns_query(i, host_of(i)))});
  }
  return stream;
}

std::vector<Octets> answers_to(unsigned first, unsigned count) {
  std::vector<Octets> answers;
  for (unsigned i = first; i < first + count; ++i) {
    answers.push_back(answer_to(edns_query(i, host_of(i))));
  }
  return answers;
}

}  // namespace

TEST_CASE("queries over TLS are answered, however the stream is cut", "[session]") {
  for (const auto version : {tlsext::Version::tls13, tlsext::Version::tls12}) {
    for (const std::size_t piece : {1U, 5U, 100'000U}) {
      INFO("pieces of " << piece);
      WorkerFixture worker;
      DotClient client(worker, version);
      client.shake_hands({}, piece);
      CHECK(client.session->phase() == SessionPhase::open);
      client.send(edns_queries_framed(1, 5), piece);
      worker.answer_all();
      CHECK(client.read() == answers_to(1, 5));
      client.say_goodbye();
      worker.turn();
      CHECK(client.closed);
      CHECK(client.mode == CloseMode::after_sending);
      CHECK_FALSE(client.misused);
    }
  }
}

TEST_CASE("queries that follow Finished in the same segment are answered", "[session]") {
  WorkerFixture worker;
  DotClient client(worker);
  client.shake_hands(edns_queries_framed(1, 3));
  worker.answer_all();
  CHECK(client.read() == answers_to(1, 3));
  CHECK(worker.counters.connections.handshakes_full.value() == 1);
}

TEST_CASE("answers that are ready together leave in one write, in any order", "[session]") {
  WorkerFixture worker;
  DotClient client(worker);
  client.shake_hands();
  client.send(edns_queries_framed(0, 20), SIZE_MAX);
  worker.turn();
  worker.connect_all();
  const auto sent = worker.queries(0);
  REQUIRE(sent.size() == 20);
  const auto writes = client.writes;
  Octets stream;
  for (unsigned i = 20; i-- > 10;) stream = join({stream, framed(answer_to(sent[i]))});
  worker.pool.on_data(WorkerFixture::id(0), stream, worker.now);
  CHECK(client.writes == writes);
  worker.turn();
  CHECK(client.writes == writes + 1);
  auto expected = answers_to(10, 10);
  std::reverse(expected.begin(), expected.end());
  CHECK(client.read() == expected);
}

TEST_CASE("a slow query holds up neither the others nor their client", "[session]") {
  WorkerFixture worker;
  DotClient client(worker), other(worker);
  client.shake_hands();
  other.shake_hands();
  client.ask(edns_query(1, "slow.example.net"));
  worker.turn();
  worker.connect_all();
  CHECK(worker.queries(0).size() == 1);
  for (unsigned i = 0; i < 50; ++i) {
    client.send(edns_queries_framed(100 + i, 1), SIZE_MAX);
    other.send(edns_queries_framed(200 + i, 1), SIZE_MAX);
    worker.answer_all();
    CHECK(client.read() == answers_to(100 + i, 1));
    CHECK(other.read() == answers_to(200 + i, 1));
  }
  worker.pass_time(8s);
  const auto late = client.read();
  REQUIRE(late.size() == 1);
  CHECK(id_of(late[0]) == 1);
  CHECK(rcode_of(late[0]) == 2);
  CHECK(extended_error(late[0]) == 23);
}

TEST_CASE("bad messages get what they deserve and the session goes on", "[session]") {
  struct Case {
    const char* what;
    Octets message;
    unsigned rcode;
    int error;
  };
  const Case cases[] = {
      {"QDCOUNT 0", MessageWriter().header(7, kRd, 0), 1, -1},
      {"QDCOUNT 2", MessageWriter().header(7, kRd, 2).question("a").question("b"), 1, -1},
      {"compression loop", MessageWriter().header(7, kRd, 1).u16(0xc00c).u16(1).u16(1), 1, -1},
      {"garbage", MessageWriter().raw(query(7, "a")).u16(0xdead), 1, -1},
      {"65535 octets of nothing", MessageWriter().header(7, kRd, 1).fill(65523), 1, -1},
      {"UPDATE", MessageWriter().header(7, 0x2800, 1).question("a", 6), 4, -1},
      {"NOTIFY", MessageWriter().header(7, 0x2000, 1, 0, 0, 1).question("a", 6).opt(), 4, 21},
      {"AXFR", MessageWriter().header(7, 0, 1, 0, 0, 1).question("a", 252).opt(), 5, 21},
      {"EDNS version 9", MessageWriter().header(7, 0, 1, 0, 0, 1).question("a").opt({}, 9), 0, -1},
  };
  WorkerFixture worker;
  DotClient client(worker);
  client.shake_hands();
  for (const auto& one : cases) {
    INFO(one.what);
    client.ask(one.message);
    worker.turn();
    const auto answers = client.read();
    REQUIRE(answers.size() == 1);
    CHECK(id_of(answers[0]) == 7);
    CHECK(rcode_of(answers[0]) == one.rcode);
    CHECK(extended_error(answers[0]) == one.error);
    client.send(edns_queries_framed(3, 1), SIZE_MAX);
    worker.answer_all();
    CHECK(client.read() == answers_to(3, 1));
  }
  CHECK(worker.counters.clients.formerr.value() == 5);
  CHECK(worker.counters.clients.badvers.value() == 1);
}

TEST_CASE("the largest query goes through", "[session]") {
  WorkerFixture worker;
  DotClient client(worker);
  client.shake_hands();
  const auto largest = edns_query(7, "a", option(65001, 65501));
  REQUIRE(largest.size() == 65535);
  client.send(framed(largest), 1000);
  worker.turn();
  worker.connect_all();
  const auto sent = worker.queries(0);
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].size() == 65535);
  // And so does the largest answer.
  Octets answer(largest);
  answer[0] = sent[0][0];
  answer[1] = sent[0][1];
  answer[2] |= std::byte{0x80};
  worker.reply(0, answer);
  worker.turn();
  const auto got = client.read();
  REQUIRE(got.size() == 1);
  CHECK(got[0].size() == 65535);
  CHECK(id_of(got[0]) == 7);
}

TEST_CASE("what is no query at all ends the session, after what was asked before", "[session]") {
  struct Case {
    const char* what;
    Octets message;
  };
  const Case cases[] = {
      {"empty", {}},
      {"11 octets", Octets(11)},
      {"a response", answer_to(query(1, "a"))},
  };
  for (const auto& one : cases) {
    INFO(one.what);
    WorkerFixture worker;
    DotClient client(worker), other(worker);
    client.shake_hands();
    other.shake_hands();
    other.send(edns_queries_framed(50, 2), SIZE_MAX);
    client.send(join({edns_queries_framed(1, 2), framed(one.message), edns_queries_framed(9, 1)}),
                SIZE_MAX);
    worker.turn();
    CHECK_FALSE(client.reading);
    CHECK_FALSE(client.closed);
    worker.answer_all();
    CHECK(client.read() == answers_to(1, 2));
    CHECK(client.closed);
    CHECK(client.tls().state() == tlsext::SessionState::peer_closed);
    CHECK(worker.counters.connections.closed_malformed.value() == 1);
    CHECK(other.read() == answers_to(50, 2));
    CHECK_FALSE(other.closed);
    CHECK_FALSE(client.misused);
  }
}

TEST_CASE("what is not TLS is closed with an alert and nobody else notices", "[session]") {
  WorkerFixture worker;
  DotClient good(worker), bad(worker);
  good.shake_hands();
  bad.raw_to_server(framed(query(1, "www.example.net")));
  CHECK(bad.closed);
  CHECK(worker.counters.connections.closed_handshake_failed.value() == 1);
  bad.raw_to_server(Octets(100));  // what was still under way
  good.send(edns_queries_framed(1, 1), SIZE_MAX);
  worker.answer_all();
  CHECK(good.read() == answers_to(1, 1));
  CHECK(worker.group.size() == 1);
}

TEST_CASE("a broken record after the handshake ends the session", "[session]") {
  WorkerFixture worker;
  DotClient client(worker);
  client.shake_hands();
  client.send(edns_queries_framed(1, 1), SIZE_MAX);
  client.raw_to_server(Octets(MessageWriter().u8(23).u16(0x0303).u16(40).fill(40)));
  CHECK(client.closed);
  CHECK(worker.counters.connections.closed_tls_error.value() == 1);
  CHECK(worker.counters.clients.answers_dropped.value() == 1);
  worker.answer_all();
  CHECK_FALSE(client.misused);
}

TEST_CASE("the answers of a client that has gone are dropped", "[session]") {
  WorkerFixture worker;
  DotClient client(worker);
  client.shake_hands();
  client.send(edns_queries_framed(1, 3), SIZE_MAX);
  worker.turn();
  worker.connect_all();
  client.session->on_end(StreamEnd::broken);
  CHECK(client.closed);
  CHECK(client.mode == CloseMode::at_once);
  const auto writes = client.writes;
  worker.answer_all();
  CHECK(client.writes == writes);
  CHECK(worker.counters.clients.answers_dropped.value() == 3);
  CHECK(worker.counters.upstream.answers_late.value() == 3);
  CHECK(worker.buffers.octets_in_use() == 0);
}

TEST_CASE("a client that has ended its side gets what was sent, and close_notify", "[session]") {
  WorkerFixture worker;
  DotClient client(worker);
  client.shake_hands();
  client.stalled = GENERATE(false, true);
  client.ask(query(1, host_of(1)));
  worker.answer_all();
  client.ask(query(2, host_of(2)));
  client.session->on_end(StreamEnd::finished);
  worker.turn();
  CHECK(worker.counters.clients.answers_dropped.value() == 1);
  CHECK(client.closed == !client.stalled);
  client.unstall();
  worker.turn();
  CHECK(client.closed);
  CHECK(client.mode == CloseMode::after_sending);
  CHECK(client.read().size() == 1);
  CHECK(client.tls().state() == tlsext::SessionState::peer_closed);
  CHECK(worker.counters.connections.closed_by_client.value() == 1);
  CHECK_FALSE(client.misused);
}

TEST_CASE("a session may be destroyed with queries in flight", "[session]") {
  WorkerFixture worker;
  DotClient client(worker);
  client.shake_hands();
  client.send(edns_queries_framed(1, 3), SIZE_MAX);
  worker.turn();
  client.session.reset();
  worker.answer_all();
  CHECK(worker.group.size() == 0);
  CHECK(worker.counters.upstream.answers.value() == 0);
}

TEST_CASE("a client that says goodbye still gets its answers", "[session]") {
  WorkerFixture worker;
  DotClient client(worker);
  client.shake_hands();
  client.send(edns_queries_framed(1, 3), SIZE_MAX);
  client.say_goodbye();
  worker.turn();
  CHECK_FALSE(client.closed);
  // The client's TLS reads no more after its goodbye: what was sent is seen by its size.
  const auto sent = worker.counters.connections.octets_sent.value();
  const auto answers = answers_to(1, 3);
  worker.answer_all();
  CHECK(worker.counters.clients.answers.value() == 3);
  CHECK(worker.counters.connections.octets_sent.value() > sent + 3 * answers[0].size());
  CHECK(client.closed);
  CHECK(client.mode == CloseMode::after_sending);
  CHECK(worker.counters.connections.closed_by_client.value() == 1);
}

TEST_CASE("a session knows its peer from beginning to end", "[session]") {
  WorkerFixture worker;
  DotClient client(worker);
  CHECK(client.session->peer() == DotClient::peer);
  CHECK_FALSE(client.session->peer().proxied());
  client.shake_hands();
  client.say_goodbye();
  worker.turn();
  CHECK(client.closed);
  CHECK(client.session->peer() == DotClient::peer);
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
