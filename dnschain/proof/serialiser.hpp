// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <vector>

#include "dnschain/dns/record.hpp"

namespace mooring::dnschain {

/// Whether a two-octet length stands before the AuthenticationChain. RFC 9102, 2.3 declares one in
/// TLS presentation language; its own example (A.1) and the known implementations have none.
enum class ChainPrefix : std::uint8_t { absent, present };

/// The octets of the server's extension: ExtSupportLifetime and AuthenticationChain.
struct ExtensionBody {
  std::chrono::hours support_lifetime{0};  ///< 0 to 65535
  std::vector<Record> records;
  ChainPrefix prefix = ChainPrefix::absent;
};

[[nodiscard]] Bytes serialise(const ExtensionBody& body);

/// Reads both forms, the prefixed one first.
[[nodiscard]] Result<ExtensionBody> parse_extension_body(ByteView octets);

}  // namespace mooring::dnschain
