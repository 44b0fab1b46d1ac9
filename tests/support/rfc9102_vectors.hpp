// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "dnschain/base/bytes.hpp"
#include "dnschain/dns/service.hpp"

namespace mooring::test {

/// One case of RFC 9102, appendix A, as it stands in fixtures/rfc9102.
struct Vector {
  std::string file;      ///< "a1.txt"
  std::string sni;       ///< the TLSA base domain
  std::uint16_t port{};  ///< and port
  std::string expected;  ///< "secure-tlsa", "secure-denial" or "insecure-delegation"
  std::size_t records{};
  dnschain::WallTime inception{};
  dnschain::WallTime expiration{};
  dnschain::Bytes derived;  ///< the extension's octets, from the RFC's records
  dnschain::Bytes printed;  ///< the octets that the RFC prints; empty for all but A.1

  [[nodiscard]] dnschain::Service service() const;
};

/// All eight. Throws when a file cannot be read: the tests need them.
[[nodiscard]] const std::vector<Vector>& rfc9102_vectors();

/// The text of a file under fixtures/.
[[nodiscard]] std::string fixture(const std::string& path);

/// Octets from hexadecimal digits; anything else is skipped.
[[nodiscard]] dnschain::Bytes from_hex(std::string_view digits);

}  // namespace mooring::test
