// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <memory>

#include "dnschain/build/builder.hpp"
#include "dnschain/proof/serialiser.hpp"
#include "dnschain/proof/verifier.hpp"

namespace mooring::dnschain {

/// A chain that was verified, with all that bounds it.
struct ServedChain {
  Chain chain;  ///< what the proof needs and no more, in the order in which it is sent
  Verdict verdict;
  std::vector<Record> given{};  ///< all that there was to choose from, sorted
  WallTime ttl_bound{};         ///< the smallest TTL runs out
  WallTime until{};  ///< from here on it must not be served: TTL and grace, or signatures

  /// The nearer of TTL and signatures: what a refresh must be ahead of.
  [[nodiscard]] WallTime bound() const { return std::min(ttl_bound, verdict.until); }
};

/// Verifies `chain` at `now` and cuts it down to what the proof needs. An error says why it is not
/// to be served: it is bogus, or at its end already.
[[nodiscard]] Result<ServedChain> admit(Chain chain, const Service& service,
                                        const TrustAnchor& anchor, WallTime now,
                                        std::chrono::seconds grace, const VerifyLimits& limits);

/// Puts the records of a chain into an order that depends on them alone.
void sort_records(Chain& chain);

/// The same records in the same order, whatever their TTLs.
[[nodiscard]] bool same_records(const Chain& a, const Chain& b);

/// The same again, and whatever their signatures: what they say is the same.
[[nodiscard]] bool same_data(const Chain& a, const Chain& b);

/// `fresh`, sorted, holds the same records that `before` was made from, whatever their TTLs.
[[nodiscard]] bool same_as_given(const Chain& fresh, const ServedChain& before);

/// `before` with the TTLs of `fresh`, which is the same as was given then: what was verified once
/// needs no checking again until its signatures end.
[[nodiscard]] Result<ServedChain> renew(const ServedChain& before, Chain fresh, WallTime now,
                                        std::chrono::seconds grace);

/// The extension's octets, and the moment from which a TTL in them would be above what remains.
struct ServedBody {
  std::shared_ptr<const Bytes> octets;
  WallTime renew_at{};
};

/// Serialises `served` for handshakes from `now` on. The TTLs are those that will remain when the
/// body is renewed, so that a client which caches for as long as one says never caches too long.
[[nodiscard]] ServedBody make_body(const ServedChain& served, std::chrono::hours support_lifetime,
                                   ChainPrefix prefix, WallTime now);

}  // namespace mooring::dnschain
