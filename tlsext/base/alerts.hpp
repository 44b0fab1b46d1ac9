// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

namespace mooring::tlsext {

/// AlertDescription (RFC 8446, 6), those that we send ourselves.
enum class Alert : std::uint8_t {
  unexpected_message = 10,
  handshake_failure = 40,
  illegal_parameter = 47,
  decode_error = 50,
  decrypt_error = 51,
  protocol_version = 70,
  internal_error = 80,
  unsupported_extension = 110,
  certificate_required = 116,
  no_application_protocol = 120,
};

/// An alert's name in IANA's registry, or its number.
[[nodiscard]] std::string alert_name(std::uint8_t alert);

/// The alert for an error of the peer's that wolfSSL reports without having sent one (RFC 8446,
/// section 6.2; RFC 5246, section 7.2.2). `open`: the handshake is over.
[[nodiscard]] Alert alert_for(int wolfssl_error, bool open);

}  // namespace mooring::tlsext
