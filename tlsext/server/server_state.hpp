// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tlsext/base/wolfssl_ptr.hpp"
#include "tlsext/server/context.hpp"
#include "tlsext/tickets/ticket_sealer.hpp"

namespace mooring::tlsext {

/// What a server context and its sessions own together: the sessions outlive a context that is
/// replaced.
struct ServerState {
  struct NamedContext {
    std::string name;  // canonical
    SslContextPtr ssl;
  };

  /// The identity of that canonical name, or null.
  [[nodiscard]] WOLFSSL_CTX* find(std::string_view name) const;

  ChainSource chain_source;
  ServerCounters counters;
  std::string alpn;  // comma-separated, as wolfSSL takes it
  bool tickets = false;
  std::unique_ptr<TicketSealer> sealer;  // before the contexts, which point to it
  std::vector<NamedContext> identities;
};

}  // namespace mooring::tlsext
