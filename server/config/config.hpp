// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "dnschain/dns/service.hpp"
#include "dnschain/proof/serialiser.hpp"
#include "dnschain/proof/trust_anchor.hpp"
#include "server/base/endpoint.hpp"
#include "server/config/file.hpp"
#include "server/config/finding.hpp"
#include "server/config/handover_config.hpp"
#include "server/observe/log_level.hpp"
#include "tlsext/base/types.hpp"

namespace mooring::server {

/// [server]
struct ListenConfig {
  std::vector<Endpoint> listen;
  std::vector<Place> places;  ///< of each in `listen`
  unsigned workers = 1;
  int backlog = 4096;
  std::chrono::milliseconds drain_time{5'000};

  bool operator==(const ListenConfig&) const = default;
};

/// [[identity]]
struct IdentityConfig {
  std::string name;  ///< lower case, no final dot
  std::string certificate_pem;
  std::string private_key_pem;
  std::vector<dnschain::Service> services;  ///< one for each of its ports
  Place certificate_place;                  ///< for errors found later, in the text itself
  std::string certificate_file;
  Place key_place;  ///< the same for the key
  std::string key_file;
};

/// [chain]
struct ChainConfig {
  std::optional<dnschain::TrustAnchor> anchor;  ///< absent when no identity has a port
  std::string anchor_file;
  std::string anchor_text;
  bool wait_for_tlsa = true;  ///< before a new certificate is used, when the old one has a record
  std::chrono::hours support_lifetime{0};
  dnschain::ChainPrefix prefix = dnschain::ChainPrefix::absent;
  std::chrono::seconds grace{5};
  std::chrono::milliseconds ask_timeout{5'000};
  std::chrono::milliseconds startup_wait{3'000};
  std::string state_directory;            ///< empty: nothing is kept across restarts
  bool keep_certificate = true;           ///< a copy of certificate and key is kept there
  Place state_place;                      ///< of state_directory
  std::vector<dnschain::Service> forget;  ///< their pins are not waited for
};

/// [upstream]
struct UpstreamConfig {
  std::vector<Endpoint> servers;
  std::vector<Place> places;  ///< of each in `servers`
  unsigned connections = 8;   ///< to each server, by all workers together
  unsigned in_flight = 32;    ///< on each connection
  std::chrono::milliseconds query_timeout{4'000};
  std::chrono::milliseconds connect_timeout{2'000};
  std::chrono::milliseconds idle_timeout{20'000};
};

/// [limits]
struct LimitsConfig {
  std::size_t connections = 16'384;
  std::size_t connections_per_client = 256;
  unsigned client_prefix_v4 = 32;
  unsigned client_prefix_v6 = 64;
  std::vector<IpPrefix> exempt;        ///< clients that connections_per_client does not count
  unsigned in_flight = 128;            ///< queries of one connection
  std::size_t write_buffer = 262'144;  ///< octets of answers that one connection may have waiting
  std::size_t message_memory = 256U << 20U;  ///< octets for all messages that wait, of all workers
  std::chrono::milliseconds handshake_timeout{10'000};
  std::chrono::milliseconds idle_timeout{30'000};
  std::chrono::milliseconds write_timeout{10'000};
  std::chrono::milliseconds sleep_after{10'000};  ///< zero: never
};

/// [tls]
struct TlsConfig {
  tlsext::Version minimum = tlsext::Version::tls12;
  bool tickets = true;
  std::chrono::seconds ticket_lifetime{std::chrono::hours{24}};
  std::chrono::seconds ticket_rotation{std::chrono::hours{12}};
};

/// [log]
struct LogConfig {
  LogLevel level = LogLevel::info;
};

/// [control]
struct ControlConfig {
  std::string socket;  ///< path of the UNIX socket that takes commands; empty: there is none
  Place place;         ///< of it
};

/// A whole configuration, in which every value has been checked and every file read.
struct Config {
  ListenConfig server;
  std::vector<IdentityConfig> identities;
  ChainConfig chain;
  UpstreamConfig upstream;
  LimitsConfig limits;
  TlsConfig tls;
  LogConfig log;
  ControlConfig control;
  HandoverConfig handover;
  Place handover_place;  ///< of its certificate
};

/// A configuration is judged as a whole: there is all that is wrong in it in place of one error.
template <class T>
using ConfigResult = tl::expected<T, Findings>;

/// Takes a configuration from the text of `file`. Paths in it are relative to the directory of
/// `file`. All errors that do not hide each other are reported at once.
[[nodiscard]] ConfigResult<Config> parse_config(std::string_view text, const std::string& file,
                                                const FileReader& read);

/// The same from a file, with read_file().
[[nodiscard]] ConfigResult<Config> load_config(const std::string& file);

}  // namespace mooring::server
