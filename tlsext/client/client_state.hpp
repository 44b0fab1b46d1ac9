// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "tlsext/base/wolfssl_ptr.hpp"
#include "tlsext/client/context.hpp"

namespace mooring::tlsext {

/// What a client context and its sessions own together.
struct ClientState {
  std::string alpn;  // comma-separated, as wolfSSL takes it
  Version maximum = Version::tls13;
  SslContextPtr ssl;
};

}  // namespace mooring::tlsext
