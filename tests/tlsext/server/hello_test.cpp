// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a server makes of the contents of ClientHellos that are put together by hand.
#include <algorithm>
#include <catch2/catch.hpp>

#include "support/hello_outcome.hpp"

using namespace mooring;
using namespace mooring::test;
using tlsext::SessionState;

TEST_CASE("a good hello made by hand gets a ServerHello", "[tlsext]") {
  ClientHello hello{.server_name = kName, .alpn = {"dot"}, .extensions = {}};
  hello.tls13 = GENERATE(true, false);
  hello.extensions = {{kChainType, chain_request(kPort)}};
  const std::size_t piece = GENERATE(SIZE_MAX, std::size_t{1});
  const std::size_t fragment = GENERATE(std::size_t{16384}, std::size_t{50});
  const auto context = server_context(server_settings(chain_of(4096)));
  const HelloOutcome outcome = answer(*context, hello.records(fragment), piece);
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

TEST_CASE("a hello with a session ID is answered with one ChangeCipherSpec", "[tlsext]") {
  // RFC 8446, D.4. A HelloRetryRequest is a ServerHello to look at.
  ClientHello hello = plain_hello(true);
  hello.key_share = GENERATE(true, false);
  const bool compatible = GENERATE(true, false);
  if (!compatible) hello.session_id.clear();
  const auto context = server_context(server_settings());
  const HelloOutcome outcome = answer(*context, hello.records());
  check_taken(outcome);
  const std::vector<int> types = record_types(outcome.octets);
  CHECK(std::count(types.begin(), types.end(), kChangeCipherSpec) == (compatible ? 1 : 0));
  if (compatible) CHECK(types.at(1) == kChangeCipherSpec);
  if (!hello.key_share) CHECK(types.size() == (compatible ? 2 : 1));
}

TEST_CASE("a client without a group of ours gets handshake_failure", "[tlsext]") {
  ClientHello hello = plain_hello(GENERATE(true, false));
  hello.groups =
      GENERATE(std::vector<std::size_t>{0x0019}, std::vector<std::size_t>{0x001e, 0x6a6a});
  hello.share_group = hello.groups.front();
  hello.key_share = GENERATE(true, false);
  const auto context = server_context(server_settings());
  check_refused(answer(*context, hello.records()), 40);
}

TEST_CASE("cipher suites that are not known are ignored, whatever their number", "[tlsext]") {
  ClientHello hello = plain_hello(GENERATE(true, false));
  const std::size_t unknown =
      GENERATE(std::size_t{146}, std::size_t{150}, std::size_t{197}, std::size_t{10000});
  const bool known_first = GENERATE(true, false);
  std::vector<std::size_t> others;
  for (std::size_t i = 0; i < unknown; ++i) others.push_back(0x4a00 + i % 0x800);
  hello.suites.insert(known_first ? hello.suites.end() : hello.suites.begin(), others.begin(),
                      others.end());
  const auto context = server_context(server_settings());
  check_taken(answer(*context, hello.records()));
  hello.suites = others;
  check_refused(answer(*context, hello.records()), 40);
}

TEST_CASE("the server's order decides among many suites as among few", "[tlsext]") {
  ClientHello hello = plain_hello(true);
  hello.suites.assign(300, 0x4a4a);
  hello.suites.insert(hello.suites.end(), {0x1303, 0x1302, 0x1301, 0x1301});
  const auto context = server_context(server_settings());
  const HelloOutcome outcome = answer(*context, hello.records());
  check_taken(outcome);
  CHECK(outcome.first.body.substr(4 + 2 + 32 + 33, 2) == "\x13\x01");
}

TEST_CASE("a client that has fallen back needlessly is told so", "[tlsext]") {  // RFC 7507, 3
  ClientHello hello = plain_hello(false);
  hello.suites.insert(hello.suites.begin() + GENERATE(0, 5), 0x5600);
  if (GENERATE(false, true)) hello.suites.insert(hello.suites.begin(), 300, 0x4a4a);
  const auto context = server_context(server_settings());
  check_refused(answer(*context, hello.records()), 86);
  hello.tls13 = true;  // it has not
  check_taken(answer(*context, hello.records()));
}

TEST_CASE("renegotiation_info in a first hello is empty", "[tlsext]") {  // RFC 5746, 3.6
  ClientHello hello = plain_hello(false);
  constexpr std::uint16_t kRenegotiationInfo = 0xff01;
  const auto context = server_context(server_settings());
  if (GENERATE(true, false)) hello.suites.push_back(0x00ff);
  hello.extensions = {{kRenegotiationInfo, std::string(1, '\0')}};
  check_taken(answer(*context, hello.records()));
  const std::string body = GENERATE(std::string("\1x"), std::string("\x0c") + std::string(12, '\0'),
                                    std::string("\0x", 2), std::string("\5xyz"));
  hello.extensions = {{kRenegotiationInfo, body}};
  check_refused(answer(*context, hello.records()), 40);
}
