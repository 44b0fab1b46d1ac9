// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dnschain/proof/denial.hpp"
#include "dnschain/proof/validator.hpp"

namespace mooring::dnschain {

/// What validated NSEC or NSEC3 records show about a name.
struct DenialProof {
  DenialKind kind{};
  std::string what;                      ///< one line for a person
  std::vector<const Accepted*> records;  ///< the validator's
};

/// Denials by the NSEC and NSEC3 records of a validator's index, NSEC first. A record's signature
/// is checked when the record is needed; one whose owner was made from a wildcard would be true of
/// that wildcard only, and counts for nothing.
class DenialProver {
 public:
  /// Borrows the validator.
  explicit DenialProver(Validator& validator);

  /// A zone cut between the apex of `zone` and `name`, or at `name`, or an opt-out span that may
  /// hide one.
  std::optional<DenialProof> cut(const Name& name, const Zone& zone);
  /// Neither RRset of `type` nor an alias at `name`, nor at a wildcard that would stand in for it.
  std::optional<DenialProof> no_rrset(const Name& name, RrType type, const Zone& zone);
  /// `name` does not exist: what a wildcard answer needs of the next closer name. `opt_out` when it
  /// may be in an unsigned zone.
  std::optional<DenialProof> no_name(const Name& name, const Zone& zone);
  /// The zone has NSEC3 records with more iterations than are followed.
  std::optional<DenialProof> too_many_iterations(const Zone& zone);

 private:
  struct HashedZone {
    Nsec3Sets sets;
    std::map<const Nsec3Parameters*, std::map<Bytes, Sha1Digest>> hashes;  ///< by lower-case name
  };

  HashedZone& hashed(const Zone& zone);
  std::optional<Sha1Digest> hash(const Name& name, const Nsec3Parameters& parameters,
                                 std::map<Bytes, Sha1Digest>& known);
  const Accepted* accepted(const RRset& rrset, const Zone& zone);
  DenialProof proof(const Denial& denial, const std::vector<const RRset*>& rrsets, const Zone& zone,
                    std::string what);
  template <class Ask>
  std::optional<DenialProof> by_nsec(const Zone& zone, const Name& name, RrType type, Ask ask);
  template <class Ask>
  std::optional<DenialProof> by_nsec3(const Zone& zone, const Name& name, RrType type, Ask ask);

  Validator& validator_;
  std::vector<const RRset*> nsec_;   ///< by place
  std::vector<const RRset*> nsec3_;  ///< by place
  std::vector<NsecView> views_;
  std::map<const Zone*, HashedZone> hashed_;
};

}  // namespace mooring::dnschain
