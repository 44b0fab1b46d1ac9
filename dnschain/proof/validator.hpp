// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dnschain/dns/rrset.hpp"
#include "dnschain/proof/trust_anchor.hpp"
#include "dnschain/proof/verifier.hpp"
#include "dnschain/proof/work_budget.hpp"
#include "dnschain/proof/zone_keys.hpp"

namespace mooring::dnschain {

struct Zone;

/// An RRset with a signature that was checked and holds.
struct Accepted {
  const RRset* rrset = nullptr;
  const Signature* signature = nullptr;
  const Zone* zone = nullptr;  ///< whose key made the signature
  std::uint32_t ttl = 0;       ///< bounded as RFC 4035, 5.3.3 asks
  WallTime until{};            ///< the first second after its expiration

  /// Its owner was made from a wildcard (RFC 4035, 5.3.4).
  [[nodiscard]] bool is_expanded() const;
};

/// An RRset that was checked: accepted, or why not.
using Checked = Result<Accepted>;

/// A zone whose keys are known, or in `problem` why not.
struct Zone {
  Name name;
  const Zone* parent = nullptr;      ///< null when the trust anchor vouches for its keys
  const Accepted* ds = nullptr;      ///< in the parent
  const Accepted* keyset = nullptr;  ///< its DNSKEY RRset
  std::vector<ZoneKey> keys;
  std::string problem;
};

/// Checks signatures and follows them down from the trust anchor, each only once and never more of
/// them than the limits allow. Results stay where they are for as long as the validator lives.
class Validator {
 public:
  /// Keeps references to all but `now`.
  Validator(const RRsetIndex& index, const TrustAnchor& anchor, WallTime now,
            const VerifyLimits& limits);

  /// Checks an RRset of `zone` with the zone's keys (RFC 4035, 5.3).
  const Checked& check(const RRset& rrset, const Zone& zone);

  /// The zone nearest above `name` (or at it) that the trust anchor speaks of; null when there is
  /// none.
  const Zone* anchored_zone(const Name& name);

  /// The zone that a DS RRset of `parent` speaks of. `ds` has at least one supported record.
  const Zone& child_zone(const Accepted& ds, const Zone& parent);

  /// Whether some record of a DS RRset has an algorithm and a digest that are supported.
  [[nodiscard]] static bool has_supported_ds(const RRset& ds);

  /// What it takes is taken from here.
  [[nodiscard]] WorkBudget& budget() { return budget_; }

  /// The moment that a time in an RRSIG stands for, seen from now (RFC 4034, 3.1.5).
  [[nodiscard]] WallTime absolute(std::uint32_t time) const;

  /// A limit has been hit: what it was.
  [[nodiscard]] const std::optional<std::string>& exhausted() const { return budget_.exhausted(); }
  [[nodiscard]] const RRsetIndex& index() const { return index_; }
  [[nodiscard]] const VerifyLimits& limits() const { return limits_; }

 private:
  enum class Signers : std::uint8_t { zone_keys, anchored_keys };
  /// What can be said of a signature before any cryptography, the gravest first.
  enum class Fitness : std::uint8_t {
    other_zone,
    too_many_labels,
    wildcard_outside,
    unsupported,
    early,
    expired,
    fit
  };

  Checked check_uncached(const RRset& rrset, const Zone& zone, Signers signers);
  [[nodiscard]] Fitness fitness(const RRset& rrset, const Signature& signature,
                                const Zone& zone) const;
  [[nodiscard]] std::string unfit_text(Fitness fitness, const RRset& rrset,
                                       const Signature& signature, const Zone& zone) const;
  Checked try_keys(const RRset& rrset, const Signature& signature, const Zone& zone,
                   Signers signers);
  void load_keys(Zone& zone, const std::vector<const Record*>& vouchers);
  [[nodiscard]] Accepted accept(const RRset& rrset, const Signature& signature,
                                const Zone& zone) const;

  const RRsetIndex& index_;
  const TrustAnchor& anchor_;
  WallTime now_;
  const VerifyLimits& limits_;
  std::map<std::pair<const RRset*, const Zone*>, Checked> checked_;
  std::map<Name, Zone> zones_;
  WorkBudget budget_;
};

/// How far a time in an RRSIG lies ahead of `now`, in arithmetic of 32 bits that wrap (RFC 4034,
/// 3.1.5); negative when it is past.
[[nodiscard]] std::chrono::seconds time_until(std::uint32_t time, WallTime now);

}  // namespace mooring::dnschain
