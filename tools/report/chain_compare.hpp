// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "dnschain/proof/verifier.hpp"
#include "tools/base/environment.hpp"
#include "tools/report/json.hpp"
#include "tools/report/style.hpp"

namespace mooring::tools {

/// How what a server sends differs from what a resolver says now. TTLs are no difference.
struct ChainComparison {
  dnschain::Verdict now;                        ///< what the resolver's records prove
  bool same_verdict = false;                    ///< of the same kind
  bool same_tlsa = false;                       ///< the same TLSA records
  std::vector<dnschain::Record> only_sent;      ///< in the server's proof alone
  std::vector<dnschain::Record> only_resolved;  ///< in the resolver's proof alone
};

[[nodiscard]] ChainComparison compare_chains(const dnschain::Verdict& sent,
                                             dnschain::Verdict resolved);

/// A few lines: "same", or what differs, each record with "-" (sent) or "+" (resolver) in front.
[[nodiscard]] std::string comparison_text(const ChainComparison& comparison, Style style);

[[nodiscard]] Json comparison_json(const ChainComparison& comparison);

}  // namespace mooring::tools
