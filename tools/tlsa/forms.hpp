// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dnschain/dns/service.hpp"
#include "dnschain/proof/verifier.hpp"
#include "tools/base/outcome.hpp"
#include "tools/tlsa/certificate.hpp"

namespace mooring::tools {

/// The three parameters of a TLSA record (RFC 6698, 2.1).
struct TlsaForm {
  std::uint8_t usage = 0;
  std::uint8_t selector = 0;
  std::uint8_t matching = 0;

  bool operator==(const TlsaForm&) const = default;
};

/// "3 1 1" or "311".
[[nodiscard]] Outcome<TlsaForm> parse_form(std::string_view text);

/// The record of one form; usages 0 and 2 are about the last authority certificate in `keys`,
/// usages 1 and 3 about the first key.
[[nodiscard]] Outcome<dnschain::TlsaRecord> make_record(const std::vector<KeyMaterial>& keys,
                                                        TlsaForm form);

/// Every form that is worth publishing for these keys, the recommended "3 1 1" first (RFC 7671,
/// 5.1), each with its record. Forms of the authority come last.
[[nodiscard]] std::vector<dnschain::TlsaRecord> useful_records(
    const std::vector<KeyMaterial>& keys);

/// "_853._tcp.dot.example.net. 3600 IN TLSA 3 1 1 8bd1...".
[[nodiscard]] std::string zone_line(const dnschain::Service& service, std::uint32_t ttl,
                                    const dnschain::TlsaRecord& record);

}  // namespace mooring::tools
