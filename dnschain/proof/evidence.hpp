// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "dnschain/proof/validator.hpp"
#include "dnschain/proof/verifier.hpp"

namespace mooring::dnschain {

/// What a proof is made of, in the order in which it was found, each once. Borrows all of it from
/// the validator.
class Evidence {
 public:
  explicit Evidence(const Validator& validator) : validator_(validator) {}

  /// A zone on the way, with its DNSKEY RRset and the DS RRset that vouches for it.
  void use(const Zone& zone);
  void use(const Accepted& accepted);

  /// The verdict that all this leads to. `tlsa` is the RRset that was asked for, when `secure`. For
  /// a bogus chain the zones are those up to the place where it breaks.
  [[nodiscard]] Verdict verdict(VerdictKind kind, std::string reason, const Accepted* tlsa) const;

 private:
  [[nodiscard]] ZoneStep step_of(const Zone& zone) const;

  const Validator& validator_;
  std::vector<const Zone*> zones_;
  std::vector<const Accepted*> accepted_;
};

}  // namespace mooring::dnschain
