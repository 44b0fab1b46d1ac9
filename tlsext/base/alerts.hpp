// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace mooring::tlsext {

/// The alert for an error of the peer's that wolfSSL reports without having sent one (RFC 8446,
/// section 6.2; RFC 5246, section 7.2.2). `open`: the handshake is over.
[[nodiscard]] std::uint8_t alert_for(int wolfssl_error, bool open);

}  // namespace mooring::tlsext
