// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tlsext/base/result.hpp"
#include "tlsext/base/types.hpp"
#include "tlsext/tickets/ticket_keys.hpp"

namespace mooring::tlsext {

/// A name with its certificate chain and key, both PEM text (leaf first).
struct Identity {
  std::string name;  ///< host name that SNI selects it by; compared without regard to case
  std::string certificate_pem;
  std::string private_key_pem;
};

/// Gives the chain for (SNI as sent, lower-cased, no final dot; notional port), or null when there
/// is none (RFC 9102, 2.1). Called in the middle of a handshake: it must not block or throw.
using ChainSource = std::function<ChainBytes(std::string_view server_name, std::uint16_t port)>;

struct ServerSettings {
  std::vector<Identity> identities;  ///< the first one serves clients without SNI or with a
                                     ///< name that is not ours (then without a chain: RFC 9102, 3)
  ChainSource chain_source;          ///< may be empty: no dnssec_chain at all
  std::shared_ptr<const TicketKeySet> ticket_keys;               ///< null: no tickets
  std::chrono::seconds ticket_lifetime{std::chrono::hours{24}};  ///< at most 7 days
  std::vector<std::string> alpn{"dot"};
  Version minimum = Version::tls12;
};

/// How handshakes went, as far as the chain is concerned. Read it from the thread that drives the
/// context's sessions.
struct ServerCounters {
  std::uint64_t chain_sent = 0;
  std::uint64_t chain_not_available = 0;  ///< asked for, but unknown name or port, or none ready
  std::uint64_t chain_too_big = 0;        ///< left out for its size (RFC 9102, 2.1; PROTOCOL: Size)
};

struct ServerState;

/// Everything that server sessions share. Used by one thread at a time; each worker has its own.
/// Sessions keep what they need alive, so a context can be replaced under live sessions.
class ServerContext {
 public:
  /// Fails (configuration, private_key) when a certificate or key cannot be used; the context names
  /// which.
  [[nodiscard]] static Result<std::shared_ptr<ServerContext>> create(ServerSettings settings);

  /// New ticket keys from now on.
  void set_ticket_keys(const std::shared_ptr<const TicketKeySet>& keys);
  [[nodiscard]] const ServerCounters& counters() const;

 private:
  friend class ServerSession;
  explicit ServerContext(std::shared_ptr<ServerState> state);
  std::shared_ptr<ServerState> state_;
};

}  // namespace mooring::tlsext
