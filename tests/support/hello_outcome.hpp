// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <catch2/catch.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/client_hello.hpp"
#include "support/record_sealer.hpp"
#include "support/tls_fixture.hpp"

namespace mooring::test {

inline constexpr std::uint16_t kChainType = 59;
inline constexpr std::uint8_t kAlertRecord = 21;
inline constexpr std::uint8_t kHandshakeRecord = 22;
inline constexpr std::uint8_t kChangeCipherSpec = 20;

/// What a server makes of octets: its session's state, and what it sends.
struct HelloOutcome {
  tlsext::Result<void> result;
  tlsext::SessionState state;
  FirstRecord first;
  std::size_t sent = 0;
  std::optional<std::uint16_t> port;
  std::string octets;
};

inline HelloOutcome answer(tlsext::ServerContext& context, std::string_view octets,
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
inline std::vector<int> record_types(std::string_view octets) {
  std::vector<int> types;
  while (octets.size() >= 5) {
    const FirstRecord record = first_record(octets);
    types.push_back(record.type);
    octets.remove_prefix(5 + record.body.size());
  }
  return types;
}

/// A name that is chosen for TLS 1.3 or 1.2.
inline ClientHello plain_hello(bool tls13) {
  ClientHello hello{.server_name = kName, .alpn = {"dot"}, .extensions = {}};
  hello.tls13 = tls13;
  return hello;
}

/// A handshake goes on, with a ServerHello or a HelloRetryRequest.
inline void check_taken(const HelloOutcome& outcome) {
  if (!outcome.result) FAIL(outcome.result.error().context);
  CHECK(outcome.state == tlsext::SessionState::handshaking);
  REQUIRE(outcome.first.type == kHandshakeRecord);
  CHECK(outcome.first.body.front() == 2);
}

inline void check_refused(const HelloOutcome& outcome, std::uint8_t alert) {
  REQUIRE_FALSE(outcome.result);
  CHECK(outcome.state == tlsext::SessionState::failed);
  CHECK(outcome.result.error().code == tlsext::ErrorCode::protocol);
  INFO(outcome.result.error().context);
  CHECK(int{outcome.result.error().alert.value_or(0)} == int{alert});
  CHECK(outcome.sent == 7);  // one alert and no more
  REQUIRE(outcome.first.type == kAlertRecord);
  CHECK(outcome.first.body == std::string{'\2', static_cast<char>(alert)});
}

}  // namespace mooring::test
