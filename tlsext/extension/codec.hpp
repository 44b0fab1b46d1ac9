// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "tlsext/base/types.hpp"

namespace mooring::tlsext {

/// extension_type of dnssec_chain (RFC 9102, section 12).
inline constexpr std::uint16_t kDnssecChainType = 59;
/// Most octets of extension data that fit the extensions of a CertificateEntry: 65535 less the
/// extension's own type and length (RFC 8446, 4.4.2).
inline constexpr std::size_t kMaxChainSize = 65531;

/// The client's body of the extension: the notional port (RFC 9102, 2.3).
[[nodiscard]] std::array<std::byte, 2> encode_chain_request(std::uint16_t port);
/// Nothing when the body is not two octets long.
[[nodiscard]] std::optional<std::uint16_t> parse_chain_request(ByteView body);

/// A name as used to look it up: ASCII letters in lower case, without the final dot.
[[nodiscard]] std::string canonical_name(std::string_view name);

}  // namespace mooring::tlsext
