// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "tlsext/extension/chain_offer.hpp"
#include "tlsext/record/record_pump.hpp"
#include "tlsext/server/server_state.hpp"
#include "tlsext/server/session.hpp"

namespace mooring::tlsext {

/// A server session, as wolfSSL's callbacks see it.
struct ServerSession::Impl final : RecordPump {
  /// A new one; fails (internal) when there is no memory for it.
  [[nodiscard]] static Result<std::unique_ptr<Impl>> create(
      const std::shared_ptr<ServerState>& state);
  Impl(const std::shared_ptr<ServerState>& state, SslPtr ssl);

  ServerState& server;
  std::string server_name;  // canonical
  std::optional<std::uint16_t> chain_port;
  bool known_name = false;  // SNI is that of an identity
  std::unique_ptr<ChainOffer> offer;

 private:
  [[nodiscard]] int shake() override;
  void on_handshake_over() noexcept override { offer.reset(); }
};

}  // namespace mooring::tlsext
