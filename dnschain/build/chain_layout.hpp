// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "dnschain/proof/verifier.hpp"

namespace mooring::dnschain {

/// The records of a chain that is to be sent: those of `records` that the proof in `verdict` needs,
/// which verify() has found there at `now`, and the root's DNSKEY RRset if it is there (RFC 9102,
/// 2.3). In the order of RFC 9102's examples: the target first, or the aliases that lead to it and
/// then it, or the denial in its place; then the zones up to the anchor, of each its DNSKEY and
/// then its DS RRset. The RRSIGs of an RRset follow it.
///
/// Of the RRSIGs one stays for each algorithm, so that a client that knows fewer of them than we do
/// finds its own, and over a DNSKEY RRset those of the key-signing keys, as a client's anchor may
/// be another one than ours. None stays that is outside of its time, of an unknown key or of an
/// algorithm that is not supported.
[[nodiscard]] std::vector<Record> lay_out(const std::vector<Record>& records,
                                          const Verdict& verdict, WallTime now);

}  // namespace mooring::dnschain
