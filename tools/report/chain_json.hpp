// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "dnschain/dns/service.hpp"
#include "dnschain/proof/serialiser.hpp"
#include "dnschain/proof/verifier.hpp"
#include "tools/report/json.hpp"

namespace mooring::tools {

/// One TLSA record: usage, selector, matching, data (hexadecimal), text.
[[nodiscard]] Json to_json(const dnschain::TlsaRecord& record);

/// The verdict on a service: name, port, verdict, reason, until (null when bogus), ttl, tlsa,
/// tlsa_ttl, zones with their keys and signatures, proof (records as text).
[[nodiscard]] Json to_json(const dnschain::Verdict& verdict, const dnschain::Service& service);

/// The records as lines of text.
[[nodiscard]] Json to_json(const std::vector<dnschain::Record>& records);

/// As text, indented, ended by a line feed; octets that are no UTF-8 are replaced.
[[nodiscard]] std::string dump(const Json& value);

}  // namespace mooring::tools
