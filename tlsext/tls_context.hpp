// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tlsext/base/types.hpp"
#include "tlsext/tickets/ticket_keys.hpp"

namespace mooring::tlsext {

/// A name with its certificate chain and key, both PEM text (leaf first).
struct Identity {
  std::string name;  ///< host name that SNI selects it by; compared without regard to case
  std::string certificate_pem;
  std::string private_key_pem;
};

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

/// Everything that server sessions share. Used by one thread at a time; each worker has its own.
/// Sessions keep what they need alive, so a context can be replaced under live sessions.
class ServerContext {
 public:
  /// Fails (configuration, private_key) when a certificate or key cannot be used; the context names
  /// which.
  [[nodiscard]] static Result<std::shared_ptr<ServerContext>> create(ServerSettings settings);
  ~ServerContext();

  /// New ticket keys from now on.
  void set_ticket_keys(const std::shared_ptr<const TicketKeySet>& keys);
  [[nodiscard]] const ServerCounters& counters() const;

  struct Impl;
  [[nodiscard]] Impl& impl() { return *impl_; }

 private:
  explicit ServerContext(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

struct ClientSettings {
  std::vector<std::string> alpn{"dot"};
  Version minimum = Version::tls12;
  Version maximum = Version::tls13;
};

/// What client sessions share. It judges no certificate: whoever uses it looks at what the server
/// presented before anything is sent.
class ClientContext {
 public:
  [[nodiscard]] static Result<std::shared_ptr<ClientContext>> create(
      const ClientSettings& settings);
  ~ClientContext();

  struct Impl;
  [[nodiscard]] Impl& impl() { return *impl_; }

 private:
  explicit ClientContext(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mooring::tlsext
