// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dnschain/dane/dane.hpp"
#include "dnschain/dns/service.hpp"
#include "dnschain/proof/serialiser.hpp"
#include "dnschain/proof/trust_anchor.hpp"
#include "dnschain/proof/verifier.hpp"

namespace mooring::dnschain {

/// What a server must prove before it is asked anything (RFC 8310). With neither anchor nor
/// authorities nothing is proven (RFC 7858, 4.1: opportunistic privacy).
struct AuthenticationPolicy {
  std::optional<Service> service;
  std::optional<TrustAnchor> anchor;  ///< DANE by the chain in the handshake
  std::vector<Bytes> authorities;     ///< PKIX, DER; with an anchor: only where DANE has nothing
                                      ///< to say (RFC 9102, 2.3.1)
  WallTime at{};
};

/// What the server presented in its handshake.
struct Presentation {
  PresentedIdentity identity;
  std::optional<Bytes> chain;  ///< extension body
};

enum class AuthenticationMethod : std::uint8_t { none, dane, pkix };

/// Why a server may not be asked.
enum class Refusal : std::uint8_t {
  no_chain,         ///< none was sent, and there is no other way
  malformed_chain,  ///< what was sent is no chain; `reason` says why
  bogus_chain,      ///< as the verdict says
  no_tlsa_records,  ///< the chain proves that there are none to go by, and there is no other way
  no_tlsa_match,    ///< none of those proven matches; `reason` says why
  no_path,          ///< its certificate does not hold by PKIX; `reason` says why
};

/// How a server is known to be the one that was meant, or why it is not.
struct Authentication {
  AuthenticationMethod method =
      AuthenticationMethod::none;     ///< none: refused, or nothing was asked
  std::optional<Refusal> refusal;     ///< nothing: it may be asked
  std::string reason;                 ///< of some refusals, one line; may quote the peer
  std::optional<ExtensionBody> body;  ///< of a chain that was looked at and could be read
  std::optional<Verdict> verdict;     ///< on it
  std::optional<TlsaRecord> matched;  ///< when by DANE
  std::size_t depth = 0;              ///< of the certificate that matched; 0 is the leaf
};

/// Judges what the server presented. Where there is a chain that proves TLSA records, they alone
/// decide (RFC 9102, 6). Never throws on anything that was presented.
[[nodiscard]] Authentication authenticate(const Presentation& presentation,
                                          const AuthenticationPolicy& policy);

}  // namespace mooring::dnschain
