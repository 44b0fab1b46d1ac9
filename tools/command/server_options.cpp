// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/command/server_options.hpp"

#include <CLI/CLI.hpp>

#include "dnschain/dns/host_name.hpp"

namespace mooring::tools {

namespace {

/// SNI: a name without its final dot, never an address (RFC 6066, 3).
std::string server_name(const ServerOptions& options, const Endpoint& server) {
  std::string name = options.name;
  if (name.empty() && !server.is_address()) name = server.host;
  if (name.ends_with('.')) name.pop_back();
  return dnschain::to_a_labels(name).value_or(name);
}

}  // namespace

void add_timeout_option(CLI::App& command, double& seconds, const std::string& what) {
  command.add_option("--timeout", seconds, what)
      ->check(CLI::Range(kLeastTimeout, kMostTimeout))
      ->type_name("SECONDS")
      ->capture_default_str();
}

void add_server_options(CLI::App& command, ServerOptions& options) {
  command
      .add_option("--name", options.name,
                  "name that the server must prove to have (default: HOST, where that is a name)")
      ->type_name("NAME");
  command
      .add_option("--chain-port", options.chain_port,
                  "port in the TLSA records' name, _N._tcp.NAME; 853 for DoT (RFC 8310, 8.2) "
                  "wherever the server listens")
      ->type_name("N")
      ->capture_default_str();
  add_timeout_option(command, options.timeout,
                     "for connecting with the handshake, and for each answer, in seconds");
  CLI::Option* ipv4 = command.add_flag("-4", options.ipv4, "connect over IPv4 only");
  command.add_flag("-6", options.ipv6, "connect over IPv6 only")->excludes(ipv4);
  CLI::Option* tls12 = command.add_flag("--tls1.2", options.tls12, "TLS 1.2 only");
  command.add_flag("--tls1.3", options.tls13, "TLS 1.3 only")->excludes(tls12);
}

DotSettings dot_settings(const ServerOptions& options, const Endpoint& server) {
  DotSettings settings;
  settings.server = server;
  if (options.ipv4) settings.family = AF_INET;
  if (options.ipv6) settings.family = AF_INET6;
  settings.server_name = server_name(options, server);
  settings.timeout = milliseconds_of(options.timeout);
  if (options.tls12) settings.maximum = tlsext::Version::tls12;
  if (options.tls13) settings.minimum = tlsext::Version::tls13;
  return settings;
}

Outcome<dnschain::Service> named_service(const ServerOptions& options, const Endpoint& server) {
  const std::string name = server_name(options, server);
  if (name.empty()) {
    return trouble("--name is needed: " + server.host +
                   " is an address, and a server proves a name");
  }
  return make_service(name, options.chain_port);
}

}  // namespace mooring::tools
