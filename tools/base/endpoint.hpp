// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "dnschain/dns/service.hpp"
#include "tools/base/outcome.hpp"

namespace mooring::tools {

/// DNS over TLS (RFC 7858, 3.1), and where its TLSA records are (RFC 8310, 8.2).
inline constexpr std::uint16_t kDotPort = 853;
inline constexpr std::uint16_t kDnsPort = 53;

/// Where to connect to.
struct Endpoint {
  std::string host;  ///< an address or a host name, without brackets
  std::uint16_t port = 0;

  /// An IPv4 or IPv6 address rather than a name.
  [[nodiscard]] bool is_address() const;
  /// "192.0.2.1:853", "[2001:db8::1]:853", "dot.example:853".
  [[nodiscard]] std::string text() const;
};

/// A name outside of ASCII becomes its A-label, in all of these.

/// HOST, HOST:PORT, [IPV6], [IPV6]:PORT or a bare IPv6 address; "@" or "#" may stand for the colon
/// before the port.
[[nodiscard]] Outcome<Endpoint> parse_endpoint(std::string_view text, std::uint16_t default_port);

/// NAME or NAME:PORT, as a service that has TLSA records; the port is 853 when not given.
[[nodiscard]] Outcome<dnschain::Service> parse_service(std::string_view text);

/// The service of a base domain and port that were given apart.
[[nodiscard]] Outcome<dnschain::Service> make_service(std::string_view name, std::uint16_t port);

}  // namespace mooring::tools
