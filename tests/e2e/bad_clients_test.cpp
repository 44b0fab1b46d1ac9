// SPDX-License-Identifier: GPL-3.0-or-later
//
// Clients that send what they should not, over real sockets. Each test ends with a good client that
// is served.
#include <catch2/catch.hpp>

#include "e2e/answering_server.hpp"
#include "support/client_hello.hpp"

using namespace mooring::test;
using namespace std::chrono_literals;

namespace {

constexpr unsigned kFormErr = 1;

/// The description of the fatal alert in clear that the stream begins with; -1: there is none.
int alert_in(const Octets& stream) {
  const bool alert = stream.size() >= 7 && stream[0] == std::byte{21} && stream[5] == std::byte{2};
  return alert ? std::to_integer<int>(stream[6]) : -1;
}

}  // namespace

TEST_CASE("what is not TLS gets an alert or nothing, and the connection ends", "[e2e]") {
  AnsweringServer fixture;
  for (const std::string& text :
       {std::string("GET / HTTP/1.1\r\nHost: dot.example\r\n\r\n"), std::string("\0\x1d", 2),
        std::string(70'000, 'x'), std::string(3, '\x16'), std::string("\x80\x2e\x01\x03\x01", 5),
        // A plain DNS query over TCP: never an answer in clear.
        std::string("\x00\x1d\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07"
                    "example\x00\x00\x01\x00\x01",
                    31),
        std::string("\x16\x03\x01\xff\xff", 5)}) {
    const TcpPeer peer(fixture.server.port());
    peer.send(to_octets(text));
    peer.shut_down();
    Received last{};
    const Octets got = peer.receive_all(last, 10s);
    CHECK(last == Received::end);
    CHECK((got.empty() || alert_in(got) >= 0));
    CHECK(got.size() <= 7);
  }
  fixture.check_well();
}

TEST_CASE("a ClientHello may be cut anywhere", "[e2e]") {
  AnsweringServer fixture;
  ClientHello hello;
  hello.server_name = "dot.example";
  const Octets whole = to_octets(hello.records());
  for (std::size_t length = 0; length < whole.size(); length += 3) {
    TcpPeer peer(fixture.server.port());
    peer.send(OctetView(whole).first(length));
    if (length % 2 == 0) {
      peer.reset();
    } else {
      peer.shut_down();
      Received last{};
      CHECK(peer.receive_all(last, 10s).empty());
      CHECK(last == Received::end);
    }
  }
  fixture.check_well();
}

TEST_CASE("a handshake that never ends is ended", "[e2e]") {
  AnsweringServer fixture("[limits]\nhandshake_timeout = '1500ms'\n");
  ClientHello hello;
  const Octets whole = to_octets(hello.records());
  std::vector<TcpPeer> peers;
  for (const std::size_t length :
       {std::size_t{0}, std::size_t{1}, whole.size() / 2, whole.size()}) {
    peers.emplace_back(fixture.server.port());
    peers.back().send(OctetView(whole).first(length));
  }
  for (const TcpPeer& peer : peers) {
    Received last{};
    static_cast<void>(peer.receive_all(last, 10s));
    CHECK((last == Received::end || last == Received::reset));
  }
  CHECK(fixture.server.counter("connections", "closed_handshake_timeout") == peers.size());
  fixture.check_well();
}

TEST_CASE("a malformed or repeated dnssec_chain extension is refused", "[e2e]") {
  AnsweringServer fixture;
  constexpr int kDecodeError = 50;
  const auto request = [&](std::vector<std::string> bodies, bool tls13) {
    ClientHello hello;
    hello.server_name = "dot.example";
    hello.tls13 = tls13;
    for (const std::string& body : bodies) hello.extensions.emplace_back(59, body);
    const TcpPeer peer(fixture.server.port());
    peer.send(to_octets(hello.records()));
    Received last{};
    return alert_in(peer.receive_all(last, 300ms));
  };
  for (const bool tls13 : {false, true}) {
    CHECK(request({""}, tls13) == kDecodeError);
    CHECK(request({"\x03"}, tls13) == kDecodeError);
    CHECK(request({std::string("\x03\x55\x00", 3)}, tls13) == kDecodeError);
    CHECK(request({"\x03\x55", "\x03\x55"}, tls13) > 0);
    CHECK(request({"\x03\x55"}, tls13) == -1);
  }
  fixture.check_well();
}

TEST_CASE("a bad DNS message is answered as it deserves", "[e2e]") {
  AnsweringServer fixture;
  struct Case {
    const char* what;
    Octets message;
    int rcode;  ///< -1: the connection ends with close_notify
  };
  const Octets good = query(5, "a.example");
  const std::vector<Case> cases{
      {"nothing", {}, -1},
      {"11 octets", MessageWriter().fill(11), -1},
      {"a header without a question", MessageWriter().header(5, kRd, 0), kFormErr},
      {"QDCOUNT 1, no question", MessageWriter().header(5, kRd, 1), kFormErr},
      {"two questions",
       MessageWriter().header(5, kRd, 2).question("a.example").question("b.example"), kFormErr},
      {"a compression loop", MessageWriter().header(5, kRd, 1).u16(0xc00c).u16(1).u16(1), kFormErr},
      {"a pointer past the end", MessageWriter().header(5, kRd, 1).u16(0xffff).u16(1).u16(1),
       kFormErr},
      {"a label past the end", MessageWriter().header(5, kRd, 1).u8(63).raw("short"), kFormErr},
      {"garbage after it", MessageWriter().raw(good).u8(0), kFormErr},
      {"a name of 256 octets",
       MessageWriter().header(5, kRd, 1).question(
           std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + "." +
           std::string(62, 'd')),
       kFormErr},
      {"65535 octets of nothing", MessageWriter().header(5, kRd, 1).fill(65'523), kFormErr},
      {"a response", MessageWriter().header(5, 0x8180, 1).question("a.example"), -1},
      {"an update", MessageWriter().header(5, 0x2800, 1).question("a.example"), 4},
      {"a zone transfer", MessageWriter().header(5, 0, 1).question("a.example", 252), 5},
  };
  for (const Case& one : cases) {
    INFO(one.what);
    OpensslDotClient client(fixture.server.port());
    OpensslDotClient other(fixture.server.port());
    client.send(framed(one.message));
    if (one.rcode < 0) {
      CHECK(client.wait_for_end() == TlsEnd::close_notify);
    } else {
      const auto answer = client.receive();
      REQUIRE(answer);
      CHECK(id_of(*answer) == 5);
      CHECK((u16_at(*answer, 2) & 0x8000U) != 0);
      CHECK(static_cast<int>(rcode_of(*answer)) == one.rcode);
      CHECK(client.ask(good) == answer_to(good));
    }
    CHECK(other.ask(good) == answer_to(good));
  }
  fixture.check_well();
}

TEST_CASE("a query of 65535 octets reaches the resolver", "[e2e]") {
  AnsweringServer fixture;
  OpensslDotClient client(fixture.server.port());
  const Octets padded = edns_query(5, "a.example", option(65001, 65'535 - 12 - 15 - 11 - 4));
  REQUIRE(padded.size() == 65'535);
  const auto answer = client.ask(padded);
  REQUIRE(answer);
  CHECK(rcode_of(*answer) == 0);
  fixture.check_well();
}

TEST_CASE("a client that breaks TLS in the middle disturbs nobody", "[e2e]") {
  AnsweringServer fixture;
  OpensslDotClient other(fixture.server.port());
  for (int i = 0; i < 3; ++i) {
    OpensslDotClient client(fixture.server.port());
    REQUIRE(client.ask(query(1, "a.example")));
    if (i == 0) client.peer().send(to_octets("this is no record"));
    if (i == 1)
      client.peer().send(to_octets(std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x')));
    if (i == 2) {
      client.send(framed(query(2, "b.example")));
      client.peer().reset();
      continue;
    }
    CHECK(client.wait_for_end() == TlsEnd::alert);
  }
  CHECK(other.ask(query(3, "c.example")));
  fixture.check_well();
}

TEST_CASE("at level debug each failed handshake has its line", "[e2e]") {
  AnsweringServer fixture("[log]\nlevel = \"debug\"\n");
  const std::string line = "event=handshake_failed client=127.0.0.1:";
  const auto says = [&](const std::string& what, std::size_t lines) {
    return fixture.server.process().prints(what) && fixture.server.process().prints(line, lines);
  };
  const std::string unknown_ca("\x15\x03\x03\x00\x02\x02\x30", 7);
  const std::string close_notify("\x15\x03\x03\x00\x02\x01\x00", 7);
  {
    const TcpPeer peer(fixture.server.port());
    peer.send(to_octets("GET / HTTP/1.1\r\n\r\n"));
    CHECK(says(" alert_sent=unexpected_message", 1));
  }
  {
    const TcpPeer peer(fixture.server.port());
    peer.send(to_octets(ClientHello().records() + unknown_ca));
    CHECK(says(" reason=\"alert unknown_ca received\" alert_received=unknown_ca", 2));
  }
  {
    const TcpPeer peer(fixture.server.port());
    peer.send(to_octets(close_notify));
    CHECK(says(" reason=\"alert close_notify received\" alert_received=close_notify", 3));
  }
  { const TcpPeer peer(fixture.server.port()); }
  CHECK(says(" reason=\"closed by the client\"", 4));
  fixture.check_well();
  CHECK_FALSE(fixture.server.process().prints(line, 5, 0ms));
}
