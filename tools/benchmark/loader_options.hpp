// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace mooring::benchmark {

enum class Mode : std::uint8_t {
  full,     ///< every connection makes a full handshake
  resumed,  ///< every connection resumes a session of an earlier one; the first one is full
  idle,     ///< connections stay open, and silent, until standard input ends or the hold is over
};

/// A socket address with its length.
struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;
};

/// From "127.0.0.1:853" or "[::1]:853". Names are not looked up. Nothing when it is neither.
[[nodiscard]] std::optional<Address> parse_address(const std::string& text);

/// What the load generator is asked to do.
struct LoaderOptions {
  Mode mode = Mode::full;
  Address target;
  std::string server_name;                  ///< SNI; empty: none
  std::optional<std::uint16_t> chain_port;  ///< sends dnssec_chain with this notional port
  bool require_chain = false;               ///< a full handshake without a chain is a failure
  std::string query;                        ///< name asked (type A) by each; empty: no question
  /// As SSL_CTX_set1_groups_list takes them. The first is the one that a key share is sent for;
  /// TLS 1.2 wants the curve of the certificate's key among them.
  std::string groups = "X25519:P-256";
  bool tls12 = false;  ///< TLS 1.2 in place of 1.3
  std::size_t connections = 1000;
  std::size_t concurrency = 16;
  unsigned sources = 1;  ///< source addresses 127.0.0.1 and up, used in turn (IPv4 loopback only)
  std::chrono::seconds time_limit{60};  ///< for everything but the hold
  std::chrono::seconds hold{60};        ///< idle: the longest time to stay after the last is open
};

/// From the command line. Gives the exit status instead when the program has to end at once: a
/// wrong option (reported on standard error) or --help.
struct ParsedOptions {
  LoaderOptions options;
  std::optional<int> exit_status;
};
[[nodiscard]] ParsedOptions parse_options(int argc, const char* const* argv);

}  // namespace mooring::benchmark
