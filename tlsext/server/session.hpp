// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tlsext/base/result.hpp"
#include "tlsext/record/session.hpp"
#include "tlsext/server/frozen_session.hpp"

namespace mooring::tlsext {

class ServerContext;

/// The server's end of a TLS connection. Speaks when it has received something.
class ServerSession final : public Session {
 public:
  /// Fails (internal) when there is no memory for it. The context may be gone before the session.
  [[nodiscard]] static Result<ServerSession> accept(ServerContext& context);

  /// This session as a value, its keys in `memory`. Fails, and changes nothing, unless it is open
  /// and no message of TLS is under way. After success it can only be destroyed.
  [[nodiscard]] Result<FrozenSession> freeze(SecretMemory& memory);
  /// A session that goes on with a frozen one, under any context. Give receive() the records'
  /// unread octets before all else. Fails (internal) for what is no session that we could have had,
  /// and where there is no memory.
  [[nodiscard]] static Result<ServerSession> thaw(ServerContext& context,
                                                  const FrozenSession& frozen);

  /// SNI as sent, lower-cased, no final dot; empty: none, or no ClientHello yet.
  [[nodiscard]] const std::string& server_name() const;
  /// Notional port of the client's dnssec_chain extension.
  [[nodiscard]] std::optional<std::uint16_t> requested_chain_port() const;

  struct Impl;  // for this floor's sources

 private:
  explicit ServerSession(std::unique_ptr<Impl> impl);
};

}  // namespace mooring::tlsext
