// SPDX-License-Identifier: GPL-3.0-or-later
// What a server makes of ClientHellos that are put together by hand.
#include <catch2/catch.hpp>

#include "support/client_hello.hpp"
#include "support/tls_fixture.hpp"

using namespace mooring;
using namespace mooring::test;
using tlsext::SessionState;

namespace {

constexpr std::uint16_t kChainType = 59;
constexpr std::uint8_t kAlertRecord = 21;
constexpr std::uint8_t kHandshakeRecord = 22;

struct Outcome {
  tlsext::Result<void> result;
  SessionState state;
  FirstRecord first;
  std::size_t sent = 0;
  std::optional<std::uint16_t> port;
};

Outcome answer(tlsext::ServerContext& context, std::string_view octets,
               std::size_t piece = SIZE_MAX) {
  auto session = must(tlsext::TlsSession::accept(context));
  CollectingSink sink;
  auto result = feed(session, bytes_of(octets), sink, piece);
  const std::string sent(reinterpret_cast<const char*>(sink.ciphertext.data()),
                         sink.ciphertext.size());
  return {std::move(result), session.state(), first_record(sent), sent.size(),
          session.requested_chain_port()};
}

void check_refused(const Outcome& outcome, std::uint8_t alert) {
  REQUIRE_FALSE(outcome.result);
  CHECK(outcome.state == SessionState::failed);
  CHECK(outcome.result.error().code == tlsext::ErrorCode::protocol);
  INFO(outcome.result.error().context);
  CHECK(int{outcome.result.error().alert.value_or(0)} == int{alert});
  CHECK(outcome.sent == 7);  // one alert and no more
  REQUIRE(outcome.first.type == kAlertRecord);
  CHECK(outcome.first.body == std::string{'\2', static_cast<char>(alert)});
}

}  // namespace

TEST_CASE("a good hello made by hand gets a ServerHello", "[tlsext]") {
  ClientHello hello{.server_name = kName, .alpn = {"dot"}, .extensions = {}};
  hello.tls13 = GENERATE(true, false);
  hello.extensions = {{kChainType, chain_request(kPort)}};
  const std::size_t piece = GENERATE(SIZE_MAX, std::size_t{1});
  const std::size_t fragment = GENERATE(std::size_t{16384}, std::size_t{50});
  const auto context = server_context(server_settings(chain_of(4096)));
  const Outcome outcome = answer(*context, hello.records(fragment), piece);
  REQUIRE(outcome.result);
  CHECK(outcome.state == SessionState::handshaking);
  CHECK(outcome.first.type == kHandshakeRecord);
  CHECK(outcome.first.body.front() == 2);
  CHECK(outcome.port == kPort);
}

TEST_CASE("a chain request whose body is not two octets is a decode error", "[tlsext]") {
  ClientHello hello{.server_name = kName, .alpn = {"dot"}, .extensions = {}};
  hello.tls13 = GENERATE(true, false);
  const std::string body =
      GENERATE(std::string(), std::string(1, '\3'), std::string(3, '\3'), std::string(4096, '\3'));
  hello.extensions = {{kChainType, body}};
  const auto context = server_context(server_settings(chain_of(4096)));
  check_refused(answer(*context, hello.records(), GENERATE(SIZE_MAX, std::size_t{1})), 50);
}

TEST_CASE("a chain request that comes twice is refused", "[tlsext]") {
  ClientHello hello{.server_name = kName, .alpn = {"dot"}, .extensions = {}};
  hello.tls13 = GENERATE(true, false);
  hello.extensions = {{kChainType, chain_request(kPort)}, {kChainType, chain_request(kPort)}};
  const auto context = server_context(server_settings(chain_of(4096)));
  check_refused(answer(*context, hello.records(), GENERATE(SIZE_MAX, std::size_t{1})), 47);
}

TEST_CASE("a server name with a NUL in it is refused", "[tlsext]") {
  ClientHello hello{
      .server_name = std::string(kName) + '\0' + ".evil", .alpn = {}, .extensions = {}};
  hello.tls13 = GENERATE(true, false);
  const auto context = server_context(server_settings(chain_of(4096)));
  check_refused(answer(*context, hello.records()), 47);
}

TEST_CASE("ALPN that is offered without a match ends in no_application_protocol", "[tlsext]") {
  ClientHello hello{.server_name = kName, .alpn = {"h2", "http/1.1"}, .extensions = {}};
  hello.tls13 = GENERATE(true, false);
  const auto context = server_context(server_settings());
  check_refused(answer(*context, hello.records()), 120);
}

TEST_CASE("a hello that is cut anywhere is waited for, and nothing is answered", "[tlsext]") {
  ClientHello hello{.server_name = kName, .alpn = {"dot"}, .extensions = {}};
  hello.extensions = {{kChainType, chain_request(kPort)}};
  const std::string whole = hello.records();
  const auto context = server_context(server_settings(chain_of(4096)));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    CAPTURE(length);
    const Outcome outcome = answer(*context, std::string_view(whole).substr(0, length));
    CHECK(outcome.result);
    CHECK(outcome.state == SessionState::handshaking);
    CHECK(outcome.first.body.empty());
  }
}

TEST_CASE("a hello whose message ends too soon is refused", "[tlsext]") {
  ClientHello hello{.server_name = kName, .alpn = {"dot"}, .extensions = {}};
  hello.extensions = {{kChainType, chain_request(kPort)}};
  const std::string whole = hello.message();
  const auto context = server_context(server_settings(chain_of(4096)));
  for (std::size_t length = 4; length < whole.size(); ++length) {
    CAPTURE(length);
    // The lengths of the message and of its record are those of what is left.
    std::string cut = whole.substr(0, length);
    cut[2] = static_cast<char>((length - 4) >> 8);
    cut[3] = static_cast<char>((length - 4) & 0xff);
    std::string record{'\x16', '\3', '\1', static_cast<char>(length >> 8),
                       static_cast<char>(length & 0xff)};
    const Outcome outcome = answer(*context, record + cut);
    // Without its last part a hello can be a good one still, of TLS 1.2 and without extensions.
    if (outcome.result) continue;
    CHECK(outcome.state == SessionState::failed);
    CHECK(outcome.first.type == kAlertRecord);
  }
}

TEST_CASE("what is not TLS at all is refused with an alert", "[tlsext]") {
  const std::string octets = GENERATE(
      std::string("GET / HTTP/1.1\r\nHost: dot.example.net\r\n\r\n"), std::string(100, '\0'),
      std::string(100, '\xff'), std::string("\x16\x03\x01\xff\xff") + std::string(100, 'x'),
      std::string("\x17\x03\x03\x00\x05hello", 10), std::string("\x15\x03\x03\x00\x00", 5),
      std::string("\x00\x1d\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07", 15) + "example");
  const auto context = server_context(server_settings());
  const Outcome outcome = answer(*context, octets, GENERATE(SIZE_MAX, std::size_t{1}));
  REQUIRE_FALSE(outcome.result);
  CHECK(outcome.state == SessionState::failed);
  CHECK(outcome.result.error().code == tlsext::ErrorCode::protocol);
  INFO(outcome.result.error().context);
  CHECK(outcome.first.type == kAlertRecord);
}
