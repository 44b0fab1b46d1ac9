// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mooring::test {

/// A ClientHello put together by hand, so that it can be wrong where a TLS library would not let
/// it. As it stands it is a good one, for TLS 1.3 or 1.2; its key share belongs to nobody.
struct ClientHello {
  std::string server_name;        ///< empty: no SNI
  bool tls13 = true;              ///< else TLS 1.2 alone is offered
  bool key_share = true;          ///< without one, TLS 1.3 begins with HelloRetryRequest
  std::vector<std::string> alpn;  ///< empty: no ALPN
  std::vector<std::pair<std::uint16_t, std::string>> extensions;  ///< type and body, added last
  std::vector<std::size_t> groups{0x001d, 0x0017};                ///< X25519, P-256
  std::size_t share_group = 0x001d;
  std::string share = std::string(32, '\x09');
  std::vector<std::size_t> suites{0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f};
  std::string session_id = std::string(32, 's');

  /// The handshake message with its header.
  [[nodiscard]] std::string message() const;
  /// The message in records of at most `fragment` octets each.
  [[nodiscard]] std::string records(std::size_t fragment = 16384) const;
};

/// The body of dnssec_chain that asks for `port`.
[[nodiscard]] std::string chain_request(std::uint16_t port);

/// What the first octets of a server's answer are.
struct FirstRecord {
  std::uint8_t type = 0;  ///< 21: alert, 22: handshake
  std::string body;
};
[[nodiscard]] FirstRecord first_record(std::string_view octets);

}  // namespace mooring::test
