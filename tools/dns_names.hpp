// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

#include "dnschain/record.hpp"

namespace mooring::tools {

/// "TLSA", "DNSKEY", ...; "TYPE65280" for a type that chains have no use for (RFC 3597, 5).
[[nodiscard]] std::string type_name(dnschain::RrType type);

/// The mnemonic of a DNSSEC algorithm number (IANA registry): "ECDSAP256SHA256".
[[nodiscard]] std::string algorithm_name(std::uint8_t algorithm);

/// What the flags of a DNSKEY say it is for: "KSK" with the SEP bit, else "ZSK" (RFC 4034, 2.1.1),
/// and "revoked" where that bit is set (RFC 5011, 3).
[[nodiscard]] std::string key_role(std::uint16_t flags);

}  // namespace mooring::tools
