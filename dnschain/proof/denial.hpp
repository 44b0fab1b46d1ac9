// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "dnschain/proof/nsec_view.hpp"

namespace mooring::dnschain {

// What the NSEC or NSEC3 records of one zone show of a name, whoever asks: the builder, which has
// them from a resolver, and the verifier, which has checked their signatures.

enum class DenialKind : std::uint8_t {
  none,                 ///< they do not deny it
  no_data,              ///< the name is there, without the type
  empty,                ///< the name is there, without any RRset: only names below it have some
  no_data_at_wildcard,  ///< there is no such name, and the wildcard in its place lacks the type
  name_error,           ///< there is no such name, nor a wildcard in its place
  insecure_delegation,  ///< a zone cut without DS
  secure_delegation,    ///< a zone cut with DS
  opt_out,              ///< there may be an unsigned zone: NSEC3 opts out of saying
  too_many_iterations,  ///< the zone counts as unsigned: its NSEC3 records are not followed
};

/// It leaves the name in a zone that is not signed, or counts as such.
[[nodiscard]] bool is_insecure(DenialKind kind);

struct Denial {
  DenialKind kind = DenialKind::none;
  Name at = {};                           ///< the name that `kind` speaks of
  std::vector<std::size_t> records = {};  ///< places of the fewest records that show it
  /// Of `none`: a name that nothing is known of here. Empty when it is known to be there.
  std::optional<Name> missing = std::nullopt;
};

/// What a type list shows of `type` at its name: `no_data`, or for DS `insecure_delegation`. A list
/// from above a zone cut speaks of DS only, the one from below of all but DS (RFC 6840, 4.1).
[[nodiscard]] DenialKind denied_by(const TypeBitmap& types, RrType type);

/// Whether the record at a place may be used. Asked as late as can be, as it may take a signature
/// check.
using AcceptRecord = std::function<bool(std::size_t place)>;

/// Denials by NSEC (RFC 4035, 5.4). Borrows all that it is made of.
class NsecDenials {
 public:
  NsecDenials(std::span<const NsecView> records, const Name& zone, const AcceptRecord& accept)
      : records_(records), zone_(zone), accept_(accept) {}

  /// Neither an RRset of `type` nor an alias is at `name`, nor at a wildcard in its place.
  [[nodiscard]] Denial deny(const Name& name, RrType type) const;
  /// `name` does not exist: what a wildcard answer needs of the next closer name (RFC 4035, 5.3.4).
  [[nodiscard]] Denial deny_name(const Name& name) const;
  /// The first zone cut below the zone's apex, down to `name`.
  [[nodiscard]] Denial cut(const Name& name) const;

 private:
  template <class Predicate>
  const NsecView* find(Predicate predicate) const;
  bool knows(const Name& name) const;
  const NsecView* denying(const Name& name, RrType type) const;
  Denial deny_wildcard(const Name& name, RrType type, const NsecView& cover) const;

  std::span<const NsecView> records_;
  const Name& zone_;
  const AcceptRecord& accept_;
};

/// The hash of a name with the parameters of the records; nothing when no more may be computed.
using Nsec3Hash = std::function<std::optional<Sha1Digest>(const Name& name)>;

/// Denials by NSEC3 (RFC 5155, 8) from records that share their parameters. Borrows all that it is
/// made of.
class Nsec3Denials {
 public:
  Nsec3Denials(std::span<const Nsec3View> records, const Name& zone, const Nsec3Hash& hash,
               const AcceptRecord& accept)
      : records_(records), zone_(zone), hash_(hash), accept_(accept) {}

  /// As NsecDenials::deny(); `opt_out` where an opt-out span covers the next closer name.
  [[nodiscard]] Denial deny(const Name& name, RrType type) const;
  /// As NsecDenials::deny_name(), for RFC 5155, 8.8; `opt_out` as 9.2 has it.
  [[nodiscard]] Denial deny_name(const Name& name) const;
  /// As NsecDenials::cut(); `opt_out` where there may be one (RFC 5155, 8.6 and 8.9).
  [[nodiscard]] Denial cut(const Name& name) const;

 private:
  struct ClosestEncloser {
    const Nsec3View* record;
    Name next_closer;
  };
  const Nsec3View* matching(const Name& name) const;
  const Nsec3View* covering(const Name& name) const;
  std::optional<ClosestEncloser> closest_encloser(const Name& name) const;
  Denial deny_wildcard(const Name& name, RrType type, const Name& wildcard, Denial encloser) const;

  std::span<const Nsec3View> records_;
  const Name& zone_;
  const Nsec3Hash& hash_;
  const AcceptRecord& accept_;
};

/// `too_many_iterations` when the zone has a record with more of them than `most` (RFC 9276, 3.2).
[[nodiscard]] Denial count_as_unsigned(const Nsec3Sets& sets, std::size_t most,
                                       const AcceptRecord& accept);

}  // namespace mooring::dnschain
