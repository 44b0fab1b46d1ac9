// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace mooring::tools {

/// The mnemonic of a DNSSEC algorithm number (IANA registry): "ECDSAP256SHA256".
[[nodiscard]] std::string algorithm_name(std::uint8_t algorithm);

/// What the flags of a DNSKEY say it is for: "KSK" with the SEP bit, else "ZSK" (RFC 4034, 2.1.1),
/// and "revoked" where that bit is set (RFC 5011, 3).
[[nodiscard]] std::string key_role(std::uint16_t flags);

/// Where an IPv4 or IPv6 address has its PTR record (RFC 1035, 3.5; RFC 3596, 2.5); nothing when
/// it is no address.
[[nodiscard]] std::optional<std::string> reverse_name(const std::string& address);

}  // namespace mooring::tools
