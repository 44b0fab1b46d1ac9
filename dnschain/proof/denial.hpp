// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dnschain/proof/algorithm.hpp"
#include "dnschain/proof/validator.hpp"

namespace mooring::dnschain {

/// What NSEC or NSEC3 records of one zone show about a name.
struct DenialProof {
  enum class Kind : std::uint8_t {
    denied,    ///< what was asked about does not exist
    insecure,  ///< the name is, or may be, in an unsigned zone
    cut,       ///< the name is in another, signed zone, whose DS RRset is not here
  };
  Kind kind{};
  std::string what;  ///< one line for a person
  std::vector<const Accepted*> records;
};

/// Proofs by NSEC (RFC 4035, 5.4) from validated records of the index.
class NsecProver {
 public:
  explicit NsecProver(Validator& validator);

  /// A zone cut between `zone` and `name`, or at it, that has no DS RRset here.
  std::optional<DenialProof> cut(const Name& name, const Zone& zone);
  /// Neither RRset of `type` nor an alias at `name`, nor at a wildcard that would stand in for it.
  std::optional<DenialProof> no_rrset(const Name& name, RrType type, const Zone& zone);
  /// `name` does not exist: what a wildcard answer needs of the next closer name.
  std::optional<DenialProof> no_name(const Name& name, const Zone& zone);

 private:
  struct Candidate {
    const RRset* rrset;
    NsecData data;
  };
  const Accepted* accept(const RRset& rrset, const NsecData& nsec, const Zone& zone);
  std::optional<DenialProof> at_name(const Name& name, RrType type, const Zone& zone);
  std::optional<DenialProof> through_wildcard(const Name& name, RrType type, const Zone& zone,
                                              const Candidate& cover);

  Validator& validator_;
  std::vector<Candidate> candidates_;
};

/// Proofs by NSEC3 (RFC 5155, 8). Every proof is made of records with the same parameters.
class Nsec3Prover {
 public:
  explicit Nsec3Prover(Validator& validator) : validator_(validator) {}

  /// As NsecProver::cut; opt-out spans included.
  std::optional<DenialProof> cut(const Name& name, const Zone& zone);
  std::optional<DenialProof> no_rrset(const Name& name, RrType type, const Zone& zone);
  std::optional<DenialProof> no_name(const Name& name, const Zone& zone);
  /// The zone has NSEC3 records with more iterations than are followed: it counts as unsigned
  /// (RFC 9276, 3.2).
  std::optional<DenialProof> too_many_iterations(const Zone& zone);

 private:
  struct Candidate {
    const RRset* rrset;
    Sha1Digest hash;
    Sha1Digest next;
    Nsec3Data data;
  };
  struct Group {
    std::vector<Candidate> candidates;
    std::map<Bytes, Sha1Digest> hashes;  ///< by lower-case wire form
  };
  struct ClosestEncloser {
    const Accepted* record;
    Name next_closer;
    Name wildcard;
  };
  using Parameters = std::pair<std::uint16_t, Bytes>;  ///< iterations and salt
  using Groups = std::map<Parameters, Group>;

  Groups& groups(const Zone& zone);
  std::vector<std::pair<const Parameters*, Group*>> followed(const Zone& zone);
  std::optional<Sha1Digest> hash(const Name& name, const Parameters& parameters, Group& group);
  const Candidate* match(const Name& name, const Parameters& parameters, Group& group,
                         const Zone& zone);
  const Candidate* cover(const Name& name, const Parameters& parameters, Group& group,
                         const Zone& zone);
  const Accepted* accepted(const Candidate& candidate, const Zone& zone);
  std::optional<ClosestEncloser> closest_encloser(const Name& name, const Parameters& parameters,
                                                  Group& group, const Zone& zone);
  std::optional<DenialProof> cut_in(const Name& name, const Parameters& parameters, Group& group,
                                    const Zone& zone);
  std::optional<DenialProof> no_rrset_in(const Name& name, RrType type,
                                         const Parameters& parameters, Group& group,
                                         const Zone& zone);

  Validator& validator_;
  std::map<const Zone*, Groups> groups_;
};

/// Whether a type list shows that nothing of `type`, and no alias, is at the name in the zone that
/// made the list: a list from above a zone cut says nothing about what is below (RFC 6840, 4.1).
[[nodiscard]] bool denies_type(const TypeBitmap& types, RrType type);

/// Whether the type list of a name tells nothing about names below it, because these are in
/// another zone or are replaced by a DNAME (RFC 6840, 4.1; RFC 6672, 5.3.4).
[[nodiscard]] bool hides_names_below(const TypeBitmap& types);

}  // namespace mooring::dnschain
