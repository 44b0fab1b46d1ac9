// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "dnschain/dns/rdata.hpp"
#include "dnschain/proof/algorithm.hpp"

namespace mooring::dnschain {

/// The name is a zone cut, seen from the parent (RFC 6840, 4.1).
[[nodiscard]] bool is_delegation(const TypeBitmap& types);

/// The type list of a name tells nothing about names below it, because these are in another zone or
/// are replaced by a DNAME (RFC 6840, 4.1; RFC 6672, 5.3.4).
[[nodiscard]] bool hides_names_below(const TypeBitmap& types);

/// An NSEC record, read. `place` is its caller's number for it.
struct NsecView {
  std::size_t place = 0;
  Name owner;
  Name next;
  TypeBitmap types;  ///< borrows the RDATA

  [[nodiscard]] static std::optional<NsecView> read(std::size_t place, const Record& record);
  /// It can be one of `zone`'s own: it stays within, and SOA is at the apex alone.
  [[nodiscard]] bool is_of(const Name& zone) const;
  /// It shows that no record is at `name` in `zone`: the name lies between owner and next name, of
  /// which the last record's is the apex (RFC 4034, 4.1.1), and is not hidden by the owner.
  [[nodiscard]] bool covers(const Name& name, const Name& zone) const;
  /// Where a name that it covers leaves the names that exist (RFC 4592, 3.3.1): the deepest
  /// ancestor that it has in common with owner or next name.
  [[nodiscard]] Name closest_encloser(const Name& name) const;
};

/// An NSEC3 record of hash algorithm 1, read. `place` is its caller's number for it.
struct Nsec3View {
  std::size_t place = 0;
  Sha1Digest hash{};  ///< the owner's
  Sha1Digest next{};
  bool opt_out = false;
  std::uint16_t iterations = 0;
  ByteView salt;     ///< borrows the RDATA
  TypeBitmap types;  ///< borrows the RDATA

  /// Nothing for a record of an unknown hash algorithm or with unknown flags (RFC 5155, 8.1 and
  /// 8.2), or whose owner is not one label below `zone`.
  [[nodiscard]] static std::optional<Nsec3View> read(std::size_t place, const Record& record,
                                                     const Name& zone);
  /// `name` lies strictly between the record's own hash and the next one; the last record of a zone
  /// leads round to the first.
  [[nodiscard]] bool covers(const Sha1Digest& name) const;
};

/// What an NSEC3 hash is made with. Those of one proof have all the same (RFC 5155, 8.2).
struct Nsec3Parameters {
  std::uint16_t iterations = 0;
  Bytes salt;

  auto operator<=>(const Nsec3Parameters&) const = default;
};

/// The NSEC3 records of a zone, apart by their parameters, the cheapest first; of each in order.
using Nsec3Sets = std::map<Nsec3Parameters, std::vector<Nsec3View>>;

[[nodiscard]] Nsec3Sets by_parameters(const std::vector<Nsec3View>& views);

}  // namespace mooring::dnschain
