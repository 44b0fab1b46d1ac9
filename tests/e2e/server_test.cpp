// SPDX-License-Identifier: GPL-3.0-or-later
//
// What an ordinary client sees of mooringd.
#include <catch2/catch.hpp>
#include <set>

#include "e2e/running_server.hpp"
#include "support/gate.hpp"
#include "support/openssl_dot_client.hpp"
#include "support/tcp_upstream.hpp"

using namespace mooring::test;
using namespace std::chrono_literals;

TEST_CASE("a question over TLS gets the resolver's answer", "[e2e]") {
  TcpUpstream upstream(TcpUpstream::answer);
  RunningServer server(upstream.port());
  OpensslDotOptions options;
  options.tls12 = GENERATE(false, true);
  options.octet_by_octet = GENERATE(false, true);
  OpensslDotClient client(server.port(), options);
  const Octets asked = query(0x1234, "www.example");
  const auto answer = client.ask(asked);
  REQUIRE(answer);
  CHECK(*answer == answer_to(asked));
  CHECK(server.stop() == 0);
}

TEST_CASE("the first query may come with the end of the handshake, or in pieces", "[e2e]") {
  TcpUpstream upstream(TcpUpstream::answer);
  RunningServer server(upstream.port());
  OpensslDotClient client(server.port());
  const Octets first = framed(query(1, "a.example"));
  const Octets second = framed(query(2, "b.example"));
  const Octets both = join({first, second});
  for (std::size_t cut = 1; cut < both.size(); ++cut) {
    client.send(Octets(both.begin(), both.begin() + static_cast<std::ptrdiff_t>(cut)));
    client.send(Octets(both.begin() + static_cast<std::ptrdiff_t>(cut), both.end()));
    std::set<unsigned> ids;
    for (int i = 0; i < 2; ++i) ids.insert(id_of(client.receive().value()));
    CHECK(ids == std::set<unsigned>{1, 2});
  }
}

TEST_CASE("answers come as they are ready, not as they were asked", "[e2e]") {
  // Holds the first query back until the client has the answer to the second one.
  Octets held;
  TcpUpstream upstream([&](TcpUpstream::Connection& connection, const Octets& asked) {
    if (held.empty()) {
      held = asked;
      return;
    }
    TcpUpstream::answer(connection, asked);
    if (connection.queries == 3) TcpUpstream::answer(connection, held);
  });
  RunningServer server(upstream.port());
  OpensslDotClient client(server.port());
  client.send(join({framed(query(1, "slow.example")), framed(query(2, "quick.example"))}));
  CHECK(id_of(client.receive().value()) == 2);
  client.send(framed(query(3, "third.example")));
  CHECK(id_of(client.receive().value()) == 3);
  CHECK(id_of(client.receive().value()) == 1);
}

TEST_CASE("answers that are ready together leave in one TLS record", "[e2e]") {
  constexpr unsigned kQueries = 30;
  std::vector<Octets> waiting;
  TcpUpstream upstream([&](TcpUpstream::Connection& connection, const Octets& asked) {
    waiting.push_back(framed(answer_to(asked)));
    if (waiting.size() < kQueries) return;
    Octets all;
    for (const auto& one : waiting) all.insert(all.end(), one.begin(), one.end());
    connection.peer.send(all);
  });
  RunningServer server(upstream.port());
  OpensslDotClient client(server.port());
  Octets questions;
  for (unsigned id = 0; id < kQueries; ++id) {
    const Octets one = framed(query(id, "h" + std::to_string(id) + ".example"));
    questions.insert(questions.end(), one.begin(), one.end());
  }
  const std::size_t before = client.records_received();
  client.send(questions);
  for (unsigned id = 0; id < kQueries; ++id) REQUIRE(client.receive());
  // Two tickets may come before; the answers are in one record, or two if the segment was cut.
  CHECK(client.records_received() - before <= 4);
}

TEST_CASE("clients share upstream connections, and nobody gets another's answer", "[e2e]") {
  TcpUpstream upstream(TcpUpstream::answer);
  RunningServer server(upstream.port());
  std::vector<OpensslDotClient> clients;
  for (int i = 0; i < 20; ++i) clients.emplace_back(server.port());
  for (unsigned round = 0; round < 20; ++round) {
    // All with the same message ID: only the question tells them apart.
    for (std::size_t i = 0; i < clients.size(); ++i) {
      clients[i].send(framed(query(7, "c" + std::to_string(i) + ".example")));
    }
    for (std::size_t i = 0; i < clients.size(); ++i) {
      const auto answer = clients[i].receive();
      REQUIRE(answer);
      CHECK(*answer == answer_to(query(7, "c" + std::to_string(i) + ".example")));
    }
  }
  CHECK(upstream.connections() <= 8);
}

TEST_CASE("SNI chooses the identity; the first one is for everybody else", "[e2e]") {
  TcpUpstream upstream(TcpUpstream::answer);
  RunningServer server(upstream.port());
  const auto other = make_certificate("other.example");
  server.files().write("other.crt", other.certificate_pem);
  server.files().write("other.key", other.private_key_pem);
  server.reload(upstream.port(),
                "[[identity]]\nname = 'other.example'\ncertificate = 'other.crt'\n"
                "key = 'other.key'\nports = []\n");
  REQUIRE(server.process().prints("event=reload result=done"));
  const auto [sni, name] = GENERATE(table<std::string, std::string>({
      {"dot.example", "dot.example"},
      {"other.example", "other.example"},
      {"OTHER.example", "other.example"},
      {"", "dot.example"},
  }));
  OpensslDotOptions options;
  options.server_name = sni;
  CHECK(OpensslDotClient(server.port(), options).certificate_name() == name);
}

TEST_CASE("an idle client gets close_notify, a busy one stays", "[e2e]") {
  TcpUpstream upstream(TcpUpstream::answer);
  RunningServer server(upstream.port(), "[limits]\nidle_timeout = '1500ms'\n");
  OpensslDotClient idle(server.port());
  OpensslDotClient busy(server.port());
  for (unsigned id = 0; server.counter("connections", "closed_idle") == 0; ++id)
    REQUIRE(busy.ask(query(id, "busy.example")));
  CHECK(idle.wait_for_end() == TlsEnd::close_notify);
  CHECK(busy.ask(query(1, "busy.example")));
  CHECK(server.counter("connections", "closed_idle") == 1);
}

TEST_CASE("a client that waits for its answer is not idle", "[e2e]") {
  Gate another_was_closed;
  TcpUpstream upstream([&](TcpUpstream::Connection& connection, const Octets& asked) {
    another_was_closed.wait();
    TcpUpstream::answer(connection, asked);
  });
  RunningServer server(upstream.port(), "[limits]\nidle_timeout = '200ms'\n");
  OpensslDotClient client(server.port());
  client.send(framed(query(1, "slow.example")));
  REQUIRE(server.counts("queries", "forwarded", 1));
  CHECK(OpensslDotClient(server.port()).wait_for_end() == TlsEnd::close_notify);
  another_was_closed.open();
  CHECK(client.receive());
}
