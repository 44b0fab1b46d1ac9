// SPDX-License-Identifier: GPL-3.0-or-later
//
// Resolvers that should not be. The client gets its answer or SERVFAIL, never silence and never
// somebody else's answer.
#include <catch2/catch.hpp>
#include <csignal>
#include <map>

#include "e2e/running_server.hpp"
#include "support/gate.hpp"
#include "support/openssl_dot_client.hpp"
#include "support/tcp_upstream.hpp"

using namespace mooring::test;
using namespace std::chrono_literals;

namespace {

constexpr unsigned kServFail = 2;
constexpr const char* kShort = "query_timeout = '1500ms'\n";

/// Behaves badly towards names that begin with "bad", and well towards all others.
TcpUpstream::Script bad_for_some(TcpUpstream::Script bad) {
  return [bad = std::move(bad)](TcpUpstream::Connection& connection, const Octets& asked) {
    const bool is_bad = asked[13] == std::byte{'b'} && asked[14] == std::byte{'a'};
    is_bad ? bad(connection, asked) : TcpUpstream::answer(connection, asked);
  };
}

Octets with_id(Octets message, unsigned id) {
  message[0] = std::byte(id >> 8U);
  message[1] = std::byte(id & 0xffU);
  return message;
}

struct Behaviour {
  const char* what;
  TcpUpstream::Script bad;
  bool ruins_connection = false;  ///< what else is in flight on it is lost
};

const std::vector<Behaviour>& behaviours() {
  using Connection = TcpUpstream::Connection;
  static const std::vector<Behaviour> all{
      {"never answers", [](Connection&, const Octets&) {}},
      {"answers with another ID",
       [](Connection& connection, const Octets& asked) {
         connection.peer.send(framed(with_id(answer_to(asked), id_of(asked) ^ 0x5555U)));
       }},
      {"answers another question",
       [](Connection& connection, const Octets& asked) {
         connection.peer.send(framed(answer_to(query(id_of(asked), "other.example"))));
       }},
      {"answers another type",
       [](Connection& connection, const Octets& asked) {
         connection.peer.send(framed(answer_to(query(id_of(asked), "bad.example", 28))));
       }},
      {"sends half a message",
       [](Connection& connection, const Octets& asked) {
         const Octets whole = framed(answer_to(asked));
         connection.peer.send(OctetView(whole).first(whole.size() / 2));
       },
       true},
      {"sends half a message and closes",
       [](Connection& connection, const Octets& asked) {
         const Octets whole = framed(answer_to(asked));
         connection.peer.send(OctetView(whole).first(whole.size() / 2));
         connection.close = true;
       },
       true},
      {"closes", [](Connection& connection, const Octets&) { connection.close = true; }, true},
      {"sends a query",
       [](Connection& connection, const Octets& asked) { connection.peer.send(framed(asked)); },
       true},
      {"sends messages without a header",
       [](Connection& connection, const Octets&) {
         connection.peer.send(MessageWriter().u16(0).u16(3).fill(3).octets());
       },
       true},
      {"sends nonsense",
       [](Connection& connection, const Octets&) {
         connection.peer.send(to_octets(std::string(500, 'x')));
       },
       true},
      {"sends an answer with a record that is cut",
       [](Connection& connection, const Octets& asked) {
         Octets answer = answer_to(asked);
         answer.erase(answer.end() - 2, answer.end());
         connection.peer.send(framed(answer));
       }},
  };
  return all;
}

}  // namespace

TEST_CASE("whatever the resolver does, the client hears SERVFAIL in time", "[e2e]") {
  for (const Behaviour& behaviour : behaviours()) {
    INFO(behaviour.what);
    TcpUpstream upstream(bad_for_some(behaviour.bad));
    RunningServer server(upstream.port(), kShort);
    OpensslDotClient client(server.port());
    OpensslDotClient other(server.port());
    const auto began = std::chrono::steady_clock::now();
    client.send(framed(edns_query(7, "bad.example")));
    for (unsigned id = 0; id < 5; ++id) {
      const Octets asked = query(id, "good.example");
      const auto got = other.ask(asked);
      // Whoever shares two connections that are ruined is told so in time, too.
      const bool told = got && behaviour.ruins_connection && rcode_of(*got) == kServFail;
      CHECK((told || got == answer_to(asked)));
    }
    const auto answer = client.receive(10s);
    REQUIRE(answer);
    CHECK(std::chrono::steady_clock::now() - began < 6s);
    CHECK(id_of(*answer) == 7);
    CHECK(rcode_of(*answer) == kServFail);
    CHECK(extended_error(*answer) >= 22);
    const Octets again = query(8, "good.example");
    CHECK(client.ask(again) == answer_to(again));
    CHECK(server.stop() == 0);
  }
}

TEST_CASE("a second answer and a late one go to nobody", "[e2e]") {
  const bool late = GENERATE(false, true);
  Gate told;
  Gate sent;
  TcpUpstream upstream(bad_for_some([&](TcpUpstream::Connection& connection, const Octets& asked) {
    if (late) told.wait();
    TcpUpstream::answer(connection, asked);
    connection.peer.send(framed(answer_to(asked, 66)));
    sent.open();
  }));
  RunningServer server(upstream.port(), kShort);
  OpensslDotClient client(server.port());
  client.send(framed(query(7, "bad.example")));
  const auto first = client.receive();
  REQUIRE(first);
  CHECK(id_of(*first) == 7);
  CHECK(rcode_of(*first) == (late ? kServFail : 0U));
  told.open();
  sent.wait();
  if (!late) CHECK(server.counts("upstream", "answers_unknown_id", 1));
  const Octets good = query(8, "good.example");
  CHECK(client.ask(good) == answer_to(good));
}

TEST_CASE("a query whose connection is lost is asked once more", "[e2e]") {
  TcpUpstream upstream([](TcpUpstream::Connection& connection, const Octets& asked) {
    if (connection.number == 0) {
      connection.close = true;
    } else {
      TcpUpstream::answer(connection, asked);
    }
  });
  RunningServer server(upstream.port());
  OpensslDotClient client(server.port());
  const Octets asked = query(1, "a.example");
  CHECK(client.ask(asked) == answer_to(asked));
  CHECK(upstream.connections() == 2);
  CHECK(server.counter("upstream", "sent_again") == 1);
}

TEST_CASE("a resolver that restarts is waited for and connected to again", "[e2e]") {
  auto upstream = std::make_unique<TcpUpstream>(TcpUpstream::answer);
  const std::uint16_t port = upstream->port();
  RunningServer server(port);
  OpensslDotClient client(server.port());
  REQUIRE(client.ask(query(1, "a.example")));
  upstream.reset();
  client.send(framed(query(2, "b.example")));
  CHECK(server.process().prints("event=upstream server=127.0.0.1:" + std::to_string(port) +
                                " state=unreachable"));
  upstream = std::make_unique<TcpUpstream>(TcpUpstream::answer, port);
  const auto answer = client.receive();
  REQUIRE(answer);
  CHECK(*answer == answer_to(query(2, "b.example")));
  CHECK(server.process().prints("state=up", 2));
}

TEST_CASE("without any resolver a client hears SERVFAIL, not silence", "[e2e]") {
  std::uint16_t nobody = 0;
  { nobody = TcpUpstream(TcpUpstream::answer).port(); }
  RunningServer server(nobody, kShort);
  OpensslDotClient client(server.port());
  const auto answer = client.ask(edns_query(1, "a.example"));
  REQUIRE(answer);
  CHECK(rcode_of(*answer) == kServFail);
  CHECK(extended_error(*answer) >= 22);
}

TEST_CASE("the second resolver is asked while the first cannot be reached", "[e2e]") {
  std::uint16_t nobody = 0;
  { nobody = TcpUpstream(TcpUpstream::answer).port(); }
  TcpUpstream upstream(TcpUpstream::answer);
  RunningServer server(nobody);
  std::string config = server_config(nobody, "");
  const std::string one = std::to_string(nobody) + "']";
  config.replace(
      config.find(one), one.size(),
      std::to_string(nobody) + "', '127.0.0.1:" + std::to_string(upstream.port()) + "']");
  server.files().write("mooring.toml", config);
  server.process().signal(SIGHUP);
  REQUIRE(server.process().prints("event=reload result=done"));
  OpensslDotClient client(server.port());
  const Octets asked = query(1, "a.example");
  CHECK(client.ask(asked) == answer_to(asked));
}

TEST_CASE("no more is in flight on a resolver's connection than it works on", "[e2e]") {
  std::atomic<bool> open = false;
  std::mutex mutex;
  std::map<std::size_t, std::size_t> in_flight;
  TcpUpstream upstream([&](TcpUpstream::Connection& connection, const Octets& asked) {
    if (!open) {
      const std::lock_guard lock(mutex);
      ++in_flight[connection.number];
      return;
    }
    TcpUpstream::answer(connection, asked);
  });
  RunningServer server(upstream.port(), "in_flight = 4\nconnections = 3\nquery_timeout = '8s'\n");
  OpensslDotClient client(server.port());
  for (unsigned id = 0; id < 50; ++id) client.send(framed(query(id, "a.example")));
  REQUIRE(upstream.has_had(12));
  REQUIRE(server.counts("queries", "queries", 50));
  CHECK(server.counter("upstream", "sent") == 12);
  open = true;
  const std::lock_guard lock(mutex);
  CHECK(in_flight.size() == 3);
  for (const auto& [number, count] : in_flight) CHECK(count == 4);
}
