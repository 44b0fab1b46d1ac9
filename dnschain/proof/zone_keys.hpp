// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "dnschain/dns/rrset.hpp"
#include "dnschain/proof/work_budget.hpp"

namespace mooring::dnschain {

/// One key of a zone's DNSKEY RRset.
struct ZoneKey {
  DnskeyData data;  ///< borrows the RDATA
  std::uint16_t tag = 0;
  bool usable = false;    ///< may sign the zone's data
  bool anchored = false;  ///< and a DS record or the trust anchor vouches for it
};

/// The keys in `keyset`, the DNSKEY RRset of `zone`, and which of them `vouchers`, DS and DNSKEY
/// records, speak of (RFC 4035, 5.2). The work is taken from `budget`.
[[nodiscard]] std::vector<ZoneKey> read_keys(const Name& zone, const RRset& keyset,
                                             const std::vector<const Record*>& vouchers,
                                             WorkBudget& budget);

/// Whether a DS record has an algorithm and a digest that are supported.
[[nodiscard]] bool is_supported_ds(const Record& record);

}  // namespace mooring::dnschain
