// SPDX-License-Identifier: GPL-3.0-or-later
//
// How the octets of a ClientHello may be cut into messages, records and segments.
#include <catch2/catch.hpp>

#include "support/hello_outcome.hpp"

using namespace mooring;
using namespace mooring::test;
using tlsext::SessionState;

TEST_CASE("a hello that is cut anywhere is waited for, and nothing is answered", "[tlsext]") {
  ClientHello hello{.server_name = kName, .alpn = {"dot"}, .extensions = {}};
  hello.extensions = {{kChainType, chain_request(kPort)}};
  const std::string whole = hello.records();
  const auto context = server_context(server_settings(chain_of(4096)));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    CAPTURE(length);
    const HelloOutcome outcome = answer(*context, std::string_view(whole).substr(0, length));
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
    const HelloOutcome outcome = answer(*context, record + cut);
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
  const HelloOutcome outcome = answer(*context, octets, GENERATE(SIZE_MAX, std::size_t{1}));
  REQUIRE_FALSE(outcome.result);
  CHECK(outcome.state == SessionState::failed);
  CHECK(outcome.result.error().code == tlsext::ErrorCode::protocol);
  INFO(outcome.result.error().context);
  CHECK(outcome.first.type == kAlertRecord);
}

TEST_CASE("a handshake header may be split over records", "[tlsext]") {
  ClientHello hello = plain_hello(GENERATE(true, false));
  hello.extensions = {{kChainType, chain_request(kPort)}};
  const std::size_t fragment = GENERATE(std::size_t{1}, std::size_t{2}, std::size_t{3});
  const std::size_t piece = GENERATE(SIZE_MAX, std::size_t{1});
  const auto context = server_context(server_settings(chain_of(4096)));
  const HelloOutcome whole = answer(*context, hello.records(fragment), piece);
  check_taken(whole);
  CHECK(whole.port == kPort);
  // Its first octets in a record of their own, the rest in one.
  const std::string message = hello.message();
  const std::string first = message.substr(0, fragment);
  const std::string rest = message.substr(fragment);
  check_taken(answer(*context, plain_record(22, first) + plain_record(22, rest), piece));
}

TEST_CASE("nothing comes between the records of one message", "[tlsext]") {
  const ClientHello hello = plain_hello(GENERATE(true, false));
  const std::size_t cut = GENERATE(std::size_t{1}, std::size_t{3}, std::size_t{4}, std::size_t{99});
  const std::string message = hello.message();
  const auto context = server_context(server_settings());
  check_refused(answer(*context, plain_record(22, message.substr(0, cut)) +
                                     plain_record(kChangeCipherSpec, "\1") +
                                     plain_record(22, message.substr(cut))),
                10);
}

TEST_CASE("a hello of up to 32 kB is taken, and above that refused at once", "[tlsext]") {
  ClientHello hello = plain_hello(GENERATE(true, false));
  hello.extensions = {{0x4a4a, ""}};
  const std::size_t rest = hello.message().size() - 4;
  const auto context = server_context(server_settings());
  hello.extensions.front().second = std::string(32 * 1024 - rest, 'x');
  check_taken(answer(*context, hello.records()));
  hello.extensions.front().second += 'x';
  check_refused(answer(*context, hello.records(100).substr(0, 5 + 100)), 47);
  check_refused(answer(*context, plain_record(22, hello.message().substr(0, 2)) +
                                     plain_record(22, hello.message().substr(2, 100))),
                47);
}

TEST_CASE("a record that is too long or empty is refused", "[tlsext]") {
  ClientHello hello = plain_hello(GENERATE(true, false));
  hello.extensions = {{0x4a4a, std::string(20000, 'x')}};
  const auto context = server_context(server_settings());
  check_taken(answer(*context, hello.records(16384)));
  check_refused(answer(*context, hello.records(16385)), 22);
  check_refused(answer(*context, plain_record(22, "")), 10);
}
