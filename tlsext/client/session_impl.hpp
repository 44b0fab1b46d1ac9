// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tlsext/client/client_state.hpp"
#include "tlsext/client/session.hpp"
#include "tlsext/extension/chain_offer.hpp"
#include "tlsext/record/record_pump.hpp"

namespace mooring::tlsext {

/// A client session, as wolfSSL's callbacks see it.
struct ClientSession::Impl final : RecordPump {
  Impl(const std::shared_ptr<ClientState>& state, SslPtr ssl);

  std::string server_name;                  // canonical
  std::optional<std::uint16_t> chain_port;  // of our request
  std::unique_ptr<ChainOffer> offer;
  std::vector<Bytes> certificates;  // as the server sent them; or its raw public key alone
  std::optional<Bytes> chain;       // as the server sent it

 private:
  [[nodiscard]] int shake() override;
  void on_handshake_over() noexcept override { offer.reset(); }
};

}  // namespace mooring::tlsext
