// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

#include "tools/base/endpoint.hpp"
#include "tools/base/outcome.hpp"
#include "tools/client/dot_client.hpp"

namespace CLI {
class App;
}

namespace mooring::tools {

/// Seconds that --timeout may have.
inline constexpr double kLeastTimeout = 0.001;
inline constexpr double kMostTimeout = 3600;

/// Which server is meant and how it is spoken to, for every command that speaks to one.
struct ServerOptions {
  std::string name;                     ///< TLSA base domain and SNI; empty: the host, if a name
  std::uint16_t chain_port = kDotPort;  ///< notional port (RFC 9102, 2.1)
  double timeout = 5;                   ///< seconds, for the handshake and for each answer
  bool ipv4 = false;                    ///< over this one only
  bool ipv6 = false;
  bool tls12 = false;
  bool tls13 = false;
};

/// Adds --timeout; `seconds` has its default.
void add_timeout_option(CLI::App& command, double& seconds, const std::string& what);

void add_server_options(CLI::App& command, ServerOptions& options);

/// How to connect; no chain is asked for yet.
[[nodiscard]] DotSettings dot_settings(const ServerOptions& options, const Endpoint& server);

/// The service that the server must prove to be: --name, or its host name.
[[nodiscard]] Outcome<dnschain::Service> named_service(const ServerOptions& options,
                                                       const Endpoint& server);

/// Seconds as an option gives them.
[[nodiscard]] inline std::chrono::milliseconds milliseconds_of(double seconds) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

}  // namespace mooring::tools
