// SPDX-License-Identifier: GPL-3.0-or-later
//
// Clients that take more than their share of places, memory or time, over real sockets.
#include <sys/socket.h>

#include <catch2/catch.hpp>

#include "e2e/answering_server.hpp"
#include "support/gate.hpp"

using namespace mooring::test;
using namespace std::chrono_literals;

namespace {

/// Answers with messages of about `size` octets.
TcpUpstream::Script big_answers(unsigned size) {
  return [size](TcpUpstream::Connection& connection, const Octets& asked) {
    const Octets filler =
        MessageWriter().u8(0).u16(41).u16(1232).u32(0).u16(size + 4).u16(65001).u16(size).fill(
            size);
    connection.peer.send(framed(answer_to(asked, 1, filler, 1)));
  };
}

}  // namespace

TEST_CASE("a client that does not read stops being read, and is closed in the end", "[e2e]") {
  // Few large answers at a time wait until it has been too long; many are too much at once.
  const auto [in_flight, write_timeout, counter] =
      GENERATE(table<std::string, std::string, std::string>(
          {{"4", "700ms", "closed_write_timeout"}, {"128", "1m", "closed_overfull"}}));
  // Large answers, so that not many fit into the kernel's buffers.
  TcpUpstream upstream(big_answers(60'000));
  RunningServer server(upstream.port(), "[limits]\nwrite_timeout = '" + write_timeout +
                                            "'\nwrite_buffer = 131072\nin_flight = " + in_flight +
                                            "\n");
  OpensslDotClient client(server.port());
  OpensslDotClient other(server.port());
  const std::size_t before = server.process().resident_octets();
  for (unsigned id = 0; id < 2'000; ++id) {
    Octets ten;
    for (int i = 0; i < 10; ++i) ten = join({ten, framed(query(id, "big.example"))});
    if (!client.send_within(ten, 50ms)) break;
  }
  CHECK(server.counts("queries", "reading_paused", 1));
  const auto answer = other.ask(query(1, "other.example"));
  REQUIRE(answer);
  CHECK(server.counts("connections", counter, 1));
  if (kMemoryIsTheServers) CHECK(server.process().resident_octets() < before + (16U << 20U));
  CHECK(other.ask(query(2, "other.example")));
  CHECK(server.stop() == 0);
}

TEST_CASE("half-sent messages of many clients cost nobody else an answer", "[e2e]") {
  TcpUpstream upstream(big_answers(1'000));
  RunningServer server(upstream.port(), "[limits]\nmessage_memory = 4194304\n");
  OpensslDotClient victim(server.port());
  std::vector<TcpPeer> hostile;
  for (unsigned i = 0; i < 300; ++i) {
    OpensslDotClient client(server.port());
    if (i % 2 == 0) REQUIRE(client.ask(query(1, "a.example")));
    client.send(MessageWriter().u16(65'535).fill(33'000U >> i % 6));
    hostile.push_back(client.take_connection());
    if (i % 10 == 0) REQUIRE(victim.ask(query(i, host_of(i))));
  }
  CHECK(server.counts("connections", "closed_no_memory", 50));
  REQUIRE(victim.ask(query(1, "b.example")));
  CHECK(OpensslDotClient(server.port()).ask(query(2, "c.example")));
  CHECK(server.stop() == 0);
}

TEST_CASE("a client that has ended its side still gets what was sent to it", "[e2e]") {
  // More than the kernel takes for a client that does not read.
  constexpr unsigned kAnswers = 60;
  const bool says_goodbye = GENERATE(false, true);
  TcpUpstream upstream(big_answers(60'000));
  RunningServer server(upstream.port(), "[limits]\nwrite_buffer = 262144\n");
  OpensslDotClient client(server.port());
  const int little = 65536;
  setsockopt(client.peer().socket(), SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
  for (unsigned id = 0; id < kAnswers; ++id) client.send(framed(query(id, "big.example")));
  REQUIRE(server.counts("queries", "answers", kAnswers));
  if (says_goodbye) client.send_close_notify();
  client.peer().shut_down();
  unsigned got = 0;
  while (client.receive(5s)) ++got;
  CHECK(client.wait_for_end() == TlsEnd::close_notify);
  CHECK(got >= (says_goodbye ? kAnswers : 1));
  CHECK(server.counter("connections", "closed_by_client") == 1);
  CHECK(server.stop() == 0);
}

TEST_CASE("connections are bounded in total and for each client", "[e2e]") {
  const auto [limit, counter] = GENERATE(table<std::string, std::string>({
      {"connections = 3", "refused_total"},
      {"connections_per_client = 3", "refused_per_client"},
  }));
  TcpUpstream upstream(TcpUpstream::answer);
  RunningServer server(upstream.port(), "[limits]\nexempt = []\n" + limit + "\n");
  std::vector<OpensslDotClient> clients;
  for (int i = 0; i < 3; ++i) clients.emplace_back(server.port());
  for (int i = 0; i < 5; ++i) CHECK_THROWS(OpensslDotClient(server.port()));
  for (auto& client : clients) CHECK(client.ask(query(1, "a.example")));
  CHECK(server.counter("connections", counter) == 5);
  // A place that is given back can be taken.
  clients.back().send_close_notify();
  CHECK(clients.back().wait_for_end() != TlsEnd::open);
  clients.pop_back();
  CHECK(server.counts("connections", "closed_by_client", 1));
  CHECK(server.counter("connections", counter) == 5);
  // It is given back when the end of its TCP connection has been seen, which no counter tells.
  const auto is_let_in = [&] {
    try {
      const OpensslDotClient another(server.port());
      return true;
    } catch (const std::exception&) {
      return false;
    }
  };
  bool let_in = false;
  for (int tries = 0; tries < 1000 && !let_in; ++tries) let_in = is_let_in();
  CHECK(let_in);
}

TEST_CASE("a client on this machine is exempt from the bound for one client", "[e2e]") {
  AnsweringServer fixture("[limits]\nconnections_per_client = 1\n");
  OpensslDotClient first(fixture.server.port());
  OpensslDotClient second(fixture.server.port());
  CHECK(second.ask(query(1, "a.example")));
  fixture.check_well();
}

TEST_CASE("queries of one client in flight are bounded, and none is lost", "[e2e]") {
  Gate counted;
  TcpUpstream upstream([&](TcpUpstream::Connection& connection, const Octets& asked) {
    counted.wait();
    TcpUpstream::answer(connection, asked);
  });
  RunningServer server(upstream.port(), "[limits]\nin_flight = 10\n");
  OpensslDotClient client(server.port());
  for (unsigned id = 0; id < 200; ++id) client.send(framed(query(id, "a.example")));
  CHECK(server.counts("queries", "reading_paused", 1));
  CHECK(server.counter("queries", "forwarded") == 10);
  counted.open();
  for (unsigned id = 0; id < 200; ++id) REQUIRE(client.receive());
  CHECK(server.stop() == 0);
}
