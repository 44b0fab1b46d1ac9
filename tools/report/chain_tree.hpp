// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>

#include "dnschain/dns/service.hpp"
#include "dnschain/proof/verifier.hpp"
#include "tools/report/style.hpp"

namespace mooring::tools {

/// What the chain tree can say about the server's certificate.
struct CertificateMatch {
  std::optional<dnschain::TlsaRecord> record;  ///< the one that matched, if any
  std::string text;                            ///< of the certificate, or why none matched
};

/// "secure", "denial", "insecure" or "bogus".
[[nodiscard]] std::string verdict_name(dnschain::VerdictKind kind);

/// The last moment at which the verdict holds: what a person calls "until".
[[nodiscard]] inline dnschain::WallTime holds_until(const dnschain::Verdict& verdict) {
  return verdict.until - std::chrono::seconds{1};
}

/// A few lines: the verdict with its reason, until when it holds, TTLs.
[[nodiscard]] std::string verdict_summary(const dnschain::Verdict& verdict,
                                          const dnschain::Service& service, dnschain::WallTime now,
                                          Style style);

/// The verdict as a tree: zones from the trust anchor's down, the keys of each with what they
/// sign and until when, the proof at the leaf, and what it says about the certificate.
[[nodiscard]] std::string chain_tree(const dnschain::Verdict& verdict,
                                     const std::optional<CertificateMatch>& match, Style style);

}  // namespace mooring::tools
