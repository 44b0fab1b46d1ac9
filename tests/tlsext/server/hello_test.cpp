// SPDX-License-Identifier: GPL-3.0-or-later
// What a server makes of ClientHellos that are put together by hand.
#include <catch2/catch.hpp>

#include <algorithm>

#include "support/client_hello.hpp"
#include "support/record_sealer.hpp"
#include "support/tls_fixture.hpp"

using namespace mooring;
using namespace mooring::test;
using tlsext::SessionState;

namespace {

constexpr std::uint16_t kChainType = 59;
constexpr std::uint8_t kAlertRecord = 21;
constexpr std::uint8_t kHandshakeRecord = 22;

constexpr std::uint8_t kChangeCipherSpec = 20;

struct Outcome {
  tlsext::Result<void> result;
  SessionState state;
  FirstRecord first;
  std::size_t sent = 0;
  std::optional<std::uint16_t> port;
  std::string octets;
};

Outcome answer(tlsext::ServerContext& context, std::string_view octets,
               std::size_t piece = SIZE_MAX) {
  auto session = must(tlsext::ServerSession::accept(context));
  CollectingSink sink;
  auto result = feed(session, bytes_of(octets), sink, piece);
  const std::string sent(reinterpret_cast<const char*>(sink.ciphertext.data()),
                         sink.ciphertext.size());
  return {std::move(result),
          session.state(),
          first_record(sent),
          sent.size(),
          session.requested_chain_port(),
          sent};
}

/// The types of the records in `octets`.
std::vector<int> record_types(std::string_view octets) {
  std::vector<int> types;
  while (octets.size() >= 5) {
    const FirstRecord record = first_record(octets);
    types.push_back(record.type);
    octets.remove_prefix(5 + record.body.size());
  }
  return types;
}

/// A name that is chosen for TLS 1.3 or 1.2.
ClientHello plain_hello(bool tls13) {
  ClientHello hello{.server_name = kName, .alpn = {"dot"}, .extensions = {}};
  hello.tls13 = tls13;
  return hello;
}

/// A point of X25519 whose product with every private key is zero.
std::string of_order_eight() {
  return {
      "\xe0\xeb\x7a\x7c\x3b\x41\xb8\xae\x16\x56\xe3\xfa\xf1\x9f\xc4\x6a"
      "\xda\x09\x8d\xeb\x9c\x32\xb1\xfd\x86\x62\x05\x16\x5f\x49\xb8\x00",
      32};
}

/// A handshake goes on, with a ServerHello or a HelloRetryRequest.
void check_taken(const Outcome& outcome) {
  if (!outcome.result) FAIL(outcome.result.error().context);
  CHECK(outcome.state == SessionState::handshaking);
  REQUIRE(outcome.first.type == kHandshakeRecord);
  CHECK(outcome.first.body.front() == 2);
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

TEST_CASE("a hello with a session ID is answered with one ChangeCipherSpec", "[tlsext]") {
  // RFC 8446, D.4. A HelloRetryRequest is a ServerHello to look at.
  ClientHello hello = plain_hello(true);
  hello.key_share = GENERATE(true, false);
  const bool compatible = GENERATE(true, false);
  if (!compatible) hello.session_id.clear();
  const auto context = server_context(server_settings());
  const Outcome outcome = answer(*context, hello.records());
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
  const Outcome outcome = answer(*context, hello.records());
  check_taken(outcome);
  CHECK(outcome.first.body.substr(4 + 2 + 32 + 33, 2) == "\x13\x01");
}

TEST_CASE("a handshake header may be split over records", "[tlsext]") {
  ClientHello hello = plain_hello(GENERATE(true, false));
  hello.extensions = {{kChainType, chain_request(kPort)}};
  const std::size_t fragment = GENERATE(std::size_t{1}, std::size_t{2}, std::size_t{3});
  const std::size_t piece = GENERATE(SIZE_MAX, std::size_t{1});
  const auto context = server_context(server_settings(chain_of(4096)));
  const Outcome whole = answer(*context, hello.records(fragment), piece);
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

TEST_CASE("the top bit of an X25519 share is not looked at", "[tlsext]") {  // RFC 7748, 5
  ClientHello hello = plain_hello(true);
  hello.share.back() = '\x89';
  const auto context = server_context(server_settings());
  check_taken(answer(*context, hello.records()));
}

TEST_CASE("an X25519 share above the field's prime is taken", "[tlsext]") {  // RFC 7748, 5
  ClientHello hello = plain_hello(true);
  // 2^255 - 19 + 2, the same above the half, and 2^255 - 1.
  const char least = GENERATE('\xef', '\xf6', '\xff');
  const char most = GENERATE('\x7f', '\xff');
  hello.share = least + std::string(30, '\xff') + most;
  const auto context = server_context(server_settings());
  const Outcome outcome = answer(*context, hello.records());
  check_taken(outcome);
  CHECK(record_types(outcome.octets).back() != kAlertRecord);
}

TEST_CASE("a key share that is no public key is refused with illegal_parameter", "[tlsext]") {
  ClientHello hello = plain_hello(true);
  const auto [group, share] = GENERATE(table<std::size_t, std::string>({
      {0x001d, std::string(32, '\0')},                      // of order one
      {0x001d, std::string(31, '\0') + '\x80'},             // the same, RFC 7748, 5
      {0x001d, '\xec' + std::string(30, '\xff') + '\x7f'},  // of order two
      {0x001d, '\xed' + std::string(30, '\xff') + '\x7f'},  // zero, not reduced
      {0x001d, '\xee' + std::string(30, '\xff') + '\xff'},  // one, not reduced
      {0x001d, of_order_eight()},
      {0x001d, std::string(31, '\x09')},      // too short
      {0x001d, std::string(33, '\x09')},      // too long
      {0x0017, '\4' + std::string(64, 'p')},  // not on the curve
      {0x0017, '\4' + std::string(63, 'p')},  // too short
      {0x0017, std::string("\0", 1)},         // the point at infinity
      {0x11ec, std::string(1216, '\xff')},    // not reduced
      {0x11ec, std::string(100, 'p')},        // too short
  }));
  CAPTURE(group, share.size());
  hello.groups = {group};
  hello.share_group = group;
  hello.share = share;
  const auto context = server_context(server_settings());
  const Outcome outcome = answer(*context, hello.records());
  REQUIRE_FALSE(outcome.result);
  INFO(outcome.result.error().context);
  CHECK(int{outcome.result.error().alert.value_or(0)} == 47);
  const std::vector<int> types = record_types(outcome.octets);  // ServerHello may have gone
  REQUIRE_FALSE(types.empty());
  CHECK(types.back() == kAlertRecord);
  CHECK(outcome.octets.substr(outcome.octets.size() - 2) == "\2\x2f");
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
