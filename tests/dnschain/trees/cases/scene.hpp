// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "dnschain/proof/verifier.hpp"
#include "support/signed_tree.hpp"

namespace mooring::test {

/// A tree, what of it is presented as a chain, and what it is held against.
struct Scene {
  SignedTree tree;
  std::string host = "dot.zone.example";
  RecordList records = {};  ///< the chain; the tree's own when a case leaves it empty
  std::string anchor = {};  ///< trust anchor's text; the root's DS when empty
  dnschain::WallTime now = SignedTree::kNow;
  dnschain::VerifyLimits limits = {};

  [[nodiscard]] dnschain::Service service() const;
  [[nodiscard]] dnschain::Verdict verify();
  /// Takes the tree's own chain, to be altered.
  RecordList& take_chain();
};

struct TreeCase {
  std::string title;
  dnschain::VerdictKind expected;
  std::function<void(Scene&)> make;
};

using TreeCases = std::vector<TreeCase>;

/// Trees as zone owners really have them, whatever they prove.
[[nodiscard]] TreeCases shape_cases();
[[nodiscard]] TreeCases key_cases();
/// Attacks: all of them must come out bogus.
[[nodiscard]] TreeCases signature_attacks();
[[nodiscard]] TreeCases key_attacks();
[[nodiscard]] TreeCases nsec_attacks();
[[nodiscard]] TreeCases nsec3_attacks();
[[nodiscard]] TreeCases alias_attacks();

inline const std::string kOwner = "_853._tcp.dot.zone.example.";

[[nodiscard]] inline std::string text_of(Denial denial) {
  if (denial == Denial::nsec) return "NSEC";
  return denial == Denial::nsec3 ? "NSEC3" : "NSEC3 with opt-out";
}

[[nodiscard]] dnschain::Name name(std::string_view text);

/// The root, "example." and "zone.example.", the latter two with this kind of denial.
void plant(Scene& scene, Denial denial = Denial::nsec, std::uint8_t algorithm = 13);
/// The same with a TLSA RRset for the service.
void plant_tlsa(Scene& scene, Denial denial = Denial::nsec);

/// Takes an RRset and its RRSIGs out of the chain.
void drop(Scene& scene, std::string_view owner, dnschain::RrType type);
/// Takes all RRSIGs of an RRset out of the chain.
void drop_signatures(Scene& scene, std::string_view owner, dnschain::RrType type);
/// Changes each record of an RRset, signatures left as they are.
void change(Scene& scene, std::string_view owner, dnschain::RrType type,
            const std::function<void(dnschain::Record&)>& how);
/// Changes each RRSIG of an RRset.
void change_signatures(Scene& scene, std::string_view owner, dnschain::RrType type,
                       const std::function<void(dnschain::Record&)>& how);
/// Signs an RRset of the chain anew, as `zone` would but for what `how` changes.
void sign_anew(Scene& scene, std::string_view owner, dnschain::RrType type, std::string_view zone,
               const std::function<void(SignatureSpec&)>& how = {});
/// Changes the RDATA of all NSEC or NSEC3 records of a zone and has the zone sign them anew.
void change_denials(Scene& scene, std::string_view zone,
                    const std::function<void(dnschain::Record&)>& how);

void append(RecordList& out, const RecordList& more);
/// An NSEC record signed by a zone.
[[nodiscard]] RecordList signed_nsec(Scene& scene, std::string_view zone, std::string_view owner,
                                     std::string_view next, std::vector<dnschain::RrType> types);
[[nodiscard]] dnschain::Bytes octets_of(std::string_view name);

}  // namespace mooring::test
