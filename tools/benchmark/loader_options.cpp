// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/benchmark/loader_options.hpp"

#include <netdb.h>

#include <CLI/CLI.hpp>
#include <cstring>
#include <map>
#include <memory>

namespace mooring::benchmark {
namespace {

/// Options as they are typed, before they have been made into LoaderOptions.
struct Raw {
  std::string target;
  std::uint16_t chain_port = 0;
  unsigned time_limit = 60;
  unsigned hold = 60;
};

void declare(CLI::App& app, Raw& raw, LoaderOptions& options) {
  static const std::map<std::string, Mode> kModes{
      {"full", Mode::full}, {"resumed", Mode::resumed}, {"idle", Mode::idle}};
  app.add_option("mode", options.mode, "full, resumed or idle")
      ->required()
      ->transform(CLI::CheckedTransformer(kModes));
  app.add_option("target", raw.target, "ADDRESS:PORT of the server")->required();
  app.add_option("--name", options.server_name, "SNI");
  app.add_option("--chain-port", raw.chain_port, "send dnssec_chain with this notional port")
      ->check(CLI::Range(1, 65535));
  app.add_flag("--require-chain", options.require_chain, "no chain received is a failure");
  app.add_option("--query", options.query, "ask for the address (A) of this name");
  app.add_option("--groups", options.groups, "key exchange groups, most wanted first");
  app.add_flag("--tls12", options.tls12, "TLS 1.2 in place of 1.3");
  app.add_option("--connections", options.connections, "how many in all")
      ->check(CLI::Range(1, 1000000));
  app.add_option("--concurrency", options.concurrency, "how many handshakes at a time")
      ->check(CLI::Range(1, 4096));
  app.add_option("--sources", options.sources, "source addresses 127.0.0.1 and up")
      ->check(CLI::Range(1, 250));
  app.add_option("--time-limit", raw.time_limit, "seconds for all of it")
      ->check(CLI::Range(1, 3600));
  app.add_option("--hold", raw.hold, "idle: longest stay in seconds")->check(CLI::Range(1, 3600));
}

/// Makes `raw` into options and checks what goes together. Gives the complaint, or nothing.
std::optional<std::string> complete(const Raw& raw, LoaderOptions& options) {
  const auto target = parse_address(raw.target);
  if (!target) return "target: expected ADDRESS:PORT, got " + raw.target;
  options.target = *target;
  if (raw.chain_port != 0) options.chain_port = raw.chain_port;
  options.time_limit = std::chrono::seconds{raw.time_limit};
  options.hold = std::chrono::seconds{raw.hold};
  if (options.require_chain && !options.chain_port) return "--require-chain needs --chain-port";
  // RFC 9102, 2.1: whoever sends the extension sends SNI too.
  if (options.chain_port && options.server_name.empty()) return "--chain-port needs --name";
  return std::nullopt;
}

}  // namespace

std::optional<Address> parse_address(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == text.size()) return std::nullopt;
  std::string host = text.substr(0, colon);
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), text.c_str() + colon + 1, &hints, &found) != 0) return std::nullopt;
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
  Address address;
  std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
  address.length = found->ai_addrlen;
  return address;
}

ParsedOptions parse_options(int argc, const char* const* argv) {
  ParsedOptions parsed;
  Raw raw;
  CLI::App app{"Makes TLS handshakes with a DNS-over-TLS server and counts how they end"};
  declare(app, raw, parsed.options);
  try {
    app.parse(argc, argv);
    if (const auto complaint = complete(raw, parsed.options)) {
      throw CLI::ValidationError(*complaint);
    }
  } catch (const CLI::ParseError& error) {
    parsed.exit_status = app.exit(error) == 0 ? 0 : 2;
  }
  return parsed;
}

}  // namespace mooring::benchmark
