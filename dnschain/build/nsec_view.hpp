// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

#include "dnschain/build/answer.hpp"
#include "dnschain/dns/rdata.hpp"
#include "dnschain/proof/algorithm.hpp"

namespace mooring::dnschain {

/// A signed NSEC record, read. Borrows `rrset`.
struct NsecView {
  const AnswerRrset* rrset = nullptr;
  Name next;
  TypeBitmap types;

  [[nodiscard]] static std::optional<NsecView> read(const AnswerRrset& rrset);
  [[nodiscard]] bool matches(const Name& name) const { return rrset->owner == name; }
  /// `name`, which is in the zone, lies strictly between the owner and the next name; the last
  /// NSEC of a zone points back to its apex (RFC 4034, 4.1.1).
  [[nodiscard]] bool covers(const Name& name) const;
};

/// A signed NSEC3 record with hash algorithm 1, read. Borrows `rrset`.
struct Nsec3View {
  const AnswerRrset* rrset = nullptr;
  Sha1Digest hash{};
  Sha1Digest next{};
  bool opt_out = false;
  std::uint16_t iterations = 0;
  ByteView salt;
  TypeBitmap types;

  [[nodiscard]] static std::optional<Nsec3View> read(const AnswerRrset& rrset);
  [[nodiscard]] bool matches(const Sha1Digest& name) const { return hash == name; }
  [[nodiscard]] bool covers(const Sha1Digest& name) const;
};

}  // namespace mooring::dnschain
