// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>

#include "dnschain/dns/service.hpp"
#include "dnschain/proof/serialiser.hpp"
#include "dnschain/proof/verifier.hpp"
#include "tools/client/resolver_client.hpp"
#include "tools/report/chain_tree.hpp"
#include "tools/report/json.hpp"

namespace mooring::tools {

/// A chain to be judged and printed.
struct ChainUnderTest {
  dnschain::Service service;
  dnschain::Bytes body;  ///< the extension's octets
  std::string source;    ///< where it is from, for a person
};

/// What a judgement needs and gives.
struct Judgement {
  dnschain::ExtensionBody body;
  dnschain::Verdict verdict;
  dnschain::WallTime at{};
};

/// Parses and verifies. A body that cannot be parsed is bogus: it was judged, and is no chain.
[[nodiscard]] Judgement judge_chain(const ChainUnderTest& chain, const Judge& judge);

/// Which parts of a chain are printed.
enum class ChainParts : std::uint8_t { all, tree, records };

/// The records, what they prove, and the tree of it. `match` is about the server's certificate,
/// where there is one.
[[nodiscard]] std::string chain_report_text(const ChainUnderTest& chain, const Judgement& judgement,
                                            ChainParts parts,
                                            const std::optional<CertificateMatch>& match,
                                            Style style);

/// The same as an object, to which the members of `more` are added.
[[nodiscard]] Json chain_report_json(const ChainUnderTest& chain, const Judgement& judgement,
                                     const Json& more);

}  // namespace mooring::tools
