// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "dnschain/dns/record.hpp"

namespace mooring::dnschain {

/// What is trusted without proof: DS and DNSKEY records, of the root as a rule, of other zones too.
class TrustAnchor {
 public:
  /// From the text of a file with DS or DNSKEY records in presentation form, one a line; comments
  /// with ';', Unbound's root.key (autotrust) included. `origin` names the text in errors, which
  /// carry "<origin>:<line>: ...". At least one record is needed.
  [[nodiscard]] static Result<TrustAnchor> parse(std::string_view text, std::string_view origin);

  [[nodiscard]] const std::vector<Record>& records() const { return records_; }
  /// The zones that some usable record speaks of, each once.
  [[nodiscard]] std::vector<Name> zones() const;

 private:
  std::vector<Record> records_;
};

/// The zone of `zones` that a name's proof begins at: the nearest at or above it, whatever other
/// anchor is above that. Nothing when there is none.
[[nodiscard]] std::optional<Name> closest_anchor(const std::vector<Name>& zones, const Name& name);

/// Whether a DS or DNSKEY record can vouch for a key: its algorithm and digest are supported, and
/// it is a zone's key that has not been revoked (RFC 5011, 2.1).
[[nodiscard]] bool is_usable_anchor(const Record& record);

}  // namespace mooring::dnschain
