// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tlsext/base/wolfssl_ptr.hpp"
#include "tlsext/link/link.hpp"
#include "tlsext/record/record_pump.hpp"

namespace mooring::tlsext {

/// What a link context and its sessions own together.
struct LinkState {
  std::vector<LinkPeer> peers;
  std::string alpn;
  SslContextPtr connecting;
  SslContextPtr accepting;
};

enum class LinkRole : std::uint8_t { connects, accepts };

/// A link session, as wolfSSL's callbacks see it.
struct LinkSession::Impl final : RecordPump {
  Impl(const std::shared_ptr<LinkState>& state, LinkRole role);

  /// The peer whose key has been shown. That he has it is proven when the handshake is over.
  const LinkPeer* peer = nullptr;
  const LinkPeer* wanted = nullptr;  ///< null: any
  const LinkState& link;

  /// Whether the key of this certificate is that of somebody we may talk to; if not, why is told.
  [[nodiscard]] bool takes_certificate(ByteView der);

 private:
  [[nodiscard]] int shake() override;
  void on_handshake_over() noexcept override {}
  [[nodiscard]] bool is_complete();

  LinkRole role_;
};

}  // namespace mooring::tlsext
