// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dnschain/dane/dane.hpp"
#include "dnschain/dns/service.hpp"
#include "dnschain/proof/serialiser.hpp"
#include "dnschain/proof/trust_anchor.hpp"
#include "tools/base/outcome.hpp"
#include "tools/report/chain_tree.hpp"

namespace mooring::tools {

/// What a server must prove before it is asked anything. With neither anchor nor authorities
/// nothing is proven (RFC 7858, 4.1: opportunistic privacy).
struct AuthenticationPolicy {
  std::optional<dnschain::Service> service;
  std::optional<dnschain::TrustAnchor> anchor;  ///< DANE by the chain in the handshake
  std::vector<dnschain::Bytes> authorities;     ///< PKIX, DER; with an anchor: only where DANE
                                                ///< has nothing to say (RFC 9102, 2.3.1)
  dnschain::WallTime at{};
};

/// What the server presented in its handshake.
struct Presentation {
  dnschain::PresentedIdentity identity;
  std::optional<dnschain::Bytes> chain;  ///< extension body
};

struct Authentication {
  enum class Method : std::uint8_t { none, dane, pkix };
  Method method = Method::none;
  std::string text;  ///< one line: how, or why not
  std::optional<dnschain::ExtensionBody> body;
  std::optional<dnschain::Verdict> verdict;
  std::optional<dnschain::TlsaRecord> matched;  ///< when by DANE
};

/// "none", "dane", "pkix".
[[nodiscard]] std::string method_name(Authentication::Method method);

/// Judges what the server presented. The failure (status refused) says exactly why it may not be
/// asked.
[[nodiscard]] Outcome<Authentication> authenticate(const Presentation& presentation,
                                                   const AuthenticationPolicy& policy);

/// A server that was refused, for a report: `why`, and what its chain proves where there is one.
[[nodiscard]] Authentication unauthenticated(const Presentation& presentation,
                                             const AuthenticationPolicy& policy, std::string why);

/// Which certificate the TLSA records of a secure verdict match, or that none does; nothing for
/// another verdict.
[[nodiscard]] std::optional<CertificateMatch> match_certificate(
    const dnschain::Verdict& verdict, const dnschain::PresentedIdentity& presented,
    const dnschain::Service& service, dnschain::WallTime at);

}  // namespace mooring::tools
