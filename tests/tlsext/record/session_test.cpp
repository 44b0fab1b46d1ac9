// SPDX-License-Identifier: GPL-3.0-or-later
// Life of a session after and around its handshake.
#include <catch2/catch.hpp>

#include "support/client_hello.hpp"
#include "support/tls_fixture.hpp"

using namespace mooring;
using namespace mooring::test;
using tlsext::SessionState;
using tlsext::Version;

namespace {

TlsPipe opened(Version version, std::size_t piece = SIZE_MAX) {
  const auto server = server_context(server_settings());
  const auto client = client_context(version);
  TlsPipe pipe = join(*server, *client, kName, 0, piece);
  pipe.run();
  REQUIRE(pipe.both_open());
  return pipe;  // the sessions keep what they need of their contexts
}

tlsext::Bytes text_of(std::size_t size) {
  return *chain_of(size);
}

}  // namespace

TEST_CASE("a query in the same segment as Finished is delivered at once", "[tlsext]") {
  const Version version = GENERATE(Version::tls12, Version::tls13);
  const auto server = server_context(server_settings());
  const auto client = client_context(version);
  TlsPipe pipe = join(*server, *client);
  CollectingSink& to_server = pipe.client_sink();
  CollectingSink& to_client = pipe.server_sink();
  REQUIRE(pipe.client().start(to_server));
  while (pipe.client().state() == SessionState::handshaking) {
    REQUIRE(pipe.server().receive(std::exchange(to_server.ciphertext, {}), to_client));
    REQUIRE(pipe.client().receive(std::exchange(to_client.ciphertext, {}), to_server));
  }
  // TLS 1.3: Finished has not gone yet, and the query joins it. In TLS 1.2 the server is last.
  REQUIRE(pipe.client().send(bytes_of("one"), to_server));
  REQUIRE(pipe.client().send(bytes_of("two"), to_server));
  REQUIRE(pipe.server().receive(to_server.ciphertext, to_client));
  CHECK(pipe.server().state() == SessionState::open);
  CHECK(to_client.text() == "onetwo");
}

TEST_CASE("text of any length arrives in records as large as TLS allows", "[tlsext]") {
  const Version version = GENERATE(Version::tls12, Version::tls13);
  const auto [size, records] = GENERATE(
      table<std::size_t, std::size_t>({{0, 0}, {1, 1}, {16384, 1}, {16385, 2}, {100000, 7}}));
  TlsPipe pipe = opened(version);
  const tlsext::Bytes text = text_of(size);
  pipe.server_sink().writes = 0;
  REQUIRE(pipe.server().send(text, pipe.server_sink()));
  CHECK(pipe.server_sink().writes == records);
  pipe.run();
  CHECK((pipe.client_sink().plaintext == text));
}

TEST_CASE("records that are cut anywhere are waited for", "[tlsext]") {
  const Version version = GENERATE(Version::tls12, Version::tls13);
  TlsPipe pipe = opened(version, 1);
  const tlsext::Bytes text = text_of(20000);
  REQUIRE(pipe.client().send(text, pipe.client_sink()));
  pipe.run();
  CHECK((pipe.server_sink().plaintext == text));
}

TEST_CASE("close_notify goes both ways, and what was left may still be sent", "[tlsext]") {
  const Version version = GENERATE(Version::tls12, Version::tls13);
  const std::size_t piece = GENERATE(SIZE_MAX, std::size_t{1});
  TlsPipe pipe = opened(version, piece);
  REQUIRE(pipe.client().send(bytes_of("last query"), pipe.client_sink()));
  pipe.client().close(pipe.client_sink());
  CHECK(pipe.client().state() == SessionState::closed);
  pipe.run();
  CHECK(pipe.server_sink().text() == "last query");
  CHECK(pipe.server().state() == SessionState::peer_closed);
  REQUIRE(pipe.server().send(bytes_of("last answer"), pipe.server_sink()));
  CHECK_FALSE(pipe.server_sink().ciphertext.empty());
  pipe.server().close(pipe.server_sink());
  CHECK(pipe.server().state() == SessionState::closed);
  const std::size_t sent = pipe.server_sink().ciphertext.size();
  pipe.server().close(pipe.server_sink());  // once
  CHECK(pipe.server_sink().ciphertext.size() == sent);
  CHECK_FALSE(pipe.server().send(bytes_of("more"), pipe.server_sink()));
}

TEST_CASE("a record that was altered ends the session with bad_record_mac", "[tlsext]") {
  const Version version = GENERATE(Version::tls12, Version::tls13);
  TlsPipe pipe = opened(version);
  REQUIRE(pipe.client().send(bytes_of("query"), pipe.client_sink()));
  pipe.client_sink().ciphertext.back() ^= std::byte{1};
  pipe.run();
  REQUIRE(pipe.server_error());
  CHECK(pipe.server_error()->code == tlsext::ErrorCode::protocol);
  CHECK(int{pipe.server_error()->alert.value_or(0)} == 20);
  CHECK(pipe.server().state() == SessionState::failed);
  CHECK(pipe.server_sink().text().empty());
  REQUIRE(pipe.client_error());
  CHECK(pipe.client_error()->code == tlsext::ErrorCode::peer_alert);
  CHECK(int{pipe.client_error()->alert.value_or(0)} == 20);
  CHECK_FALSE(pipe.server().receive(bytes_of("x"), pipe.server_sink()));
}

TEST_CASE("a session that is not open sends nothing", "[tlsext]") {
  const auto server = server_context(server_settings());
  const auto client = client_context();
  TlsPipe pipe = join(*server, *client);
  CHECK_FALSE(pipe.client().send(bytes_of("early"), pipe.client_sink()));
  CHECK_FALSE(pipe.server().send(bytes_of("early"), pipe.server_sink()));
  pipe.server().close(pipe.server_sink());
  CHECK(pipe.server().state() == SessionState::closed);
}

TEST_CASE("sessions outlive the context that made them", "[tlsext]") {
  const Version version = GENERATE(Version::tls12, Version::tls13);
  auto settings = server_settings(chain_of(4096));
  settings.ticket_keys = tlsext::TicketKeySet::create();
  settings.identities.insert(settings.identities.begin(), identity_of("other.example.net"));
  auto server = server_context(std::move(settings));
  auto client = client_context(version);
  TlsPipe pipe = join(*server, *client);
  server.reset();
  client.reset();
  pipe.run();
  REQUIRE(pipe.both_open());
  CHECK(pipe.client().dnssec_chain());
  REQUIRE(pipe.client().send(bytes_of("query"), pipe.client_sink()));
  pipe.run();
  CHECK(pipe.server_sink().text() == "query");
}

TEST_CASE("what a client is sent instead of TLS ends its session", "[tlsext]") {
  const auto client = client_context(GENERATE(Version::tls12, Version::tls13));
  const std::string octets = GENERATE(std::string("HTTP/1.1 400 Bad Request\r\n"),
                                      std::string(100, '\0'), std::string(100, '\xff'));
  auto session = must(tlsext::ClientSession::connect(
      *client, {.server_name = kName, .chain_port = kPort, .resumption = nullptr}));
  CollectingSink sink;
  REQUIRE(session.start(sink));
  sink.ciphertext.clear();
  CHECK_FALSE(session.receive(bytes_of(octets), sink));
  CHECK(session.state() == SessionState::failed);
  CHECK(sink.ciphertext.size() == 7);
}

TEST_CASE("a chain that was not asked for is refused", "[tlsext]") {
  const auto server = server_context(server_settings(chain_of(300)));
  const auto client = client_context(Version::tls12);
  TlsPipe asking = join(*server, *client);
  CollectingSink hello;
  CollectingSink flight;
  REQUIRE(asking.client().start(hello));
  REQUIRE(asking.server().receive(hello.ciphertext, flight));
  // The answer to that client's hello, given to one that did not ask.
  TlsPipe other = join(*server, *client, kName, 0);
  CollectingSink sink;
  REQUIRE(other.client().start(sink));
  sink.ciphertext.clear();
  const auto result = feed(other.client(), flight.ciphertext, sink, SIZE_MAX);
  REQUIRE_FALSE(result);
  CHECK(int{result.error().alert.value_or(0)} == 110);
  CHECK(sink.ciphertext.size() == 7);
}

TEST_CASE("a server offers no memory for a message that no client sends", "[tlsext]") {
  const auto server = server_context(server_settings());
  auto session = must(tlsext::ServerSession::accept(*server));
  CollectingSink sink;
  // The first fragment of a ClientHello of 100 000 octets.
  const std::string octets =
      std::string("\x16\x03\x01\x00\x64\x01\x01\x86\xa0", 9) + std::string(96, '\3');
  CHECK_FALSE(session.receive(bytes_of(octets), sink));
  CHECK(session.state() == SessionState::failed);
  CHECK(sink.ciphertext.size() == 7);
}

TEST_CASE("a session tells its cipher by the name that IANA gives it", "[tlsext]") {
  CHECK(opened(Version::tls13).server().info().cipher == "TLS_AES_128_GCM_SHA256");
  CHECK(opened(Version::tls12).client().info().cipher == "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
}
