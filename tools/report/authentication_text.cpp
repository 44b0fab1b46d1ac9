// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/report/authentication_text.hpp"

#include "tools/tlsa/certificate.hpp"

namespace mooring::tools {

namespace {

using dnschain::Authentication;
using dnschain::AuthenticationMethod;
using dnschain::Refusal;

/// What the certificate at `depth` is, or the raw public key.
std::string presented_text(const dnschain::PresentedIdentity& presented, std::size_t depth) {
  const auto keys = read_presented(presented);
  return depth < keys.size() ? describe(keys[depth]) : "an unreadable certificate";
}

/// Why the chain was nothing to go by.
std::string chain_text(const Authentication& found, const std::string& service) {
  if (!found.verdict) return "the server sent no dnssec_chain extension for " + service;
  return "the chain proves that there are no TLSA records to go by for " + service + ": " +
         found.verdict->reason;
}

std::string refusal_text(const Authentication& found, const dnschain::Presentation& presentation,
                         const dnschain::AuthenticationPolicy& policy) {
  const std::string service = policy.service->text();
  switch (*found.refusal) {
    case Refusal::no_path:
      return "not authenticated by PKIX: its certificate does not hold for " +
             policy.service->base_domain() + ": " + found.reason +
             (policy.anchor ? "; " + chain_text(found, service) : "");
    case Refusal::no_tlsa_match:
      return "not authenticated: " + found.reason + "; it presented " +
             presented_text(presentation.identity, 0);
    case Refusal::malformed_chain:
      return "not authenticated: the chain for " + service + " is malformed: " + found.reason;
    case Refusal::bogus_chain:
      return "not authenticated: the chain for " + service + " is bogus: " + found.verdict->reason;
    case Refusal::no_chain:
    case Refusal::no_tlsa_records:
      break;
  }
  return "not authenticated: " + chain_text(found, service);
}

}  // namespace

std::string method_name(AuthenticationMethod method) {
  switch (method) {
    case AuthenticationMethod::dane:
      return "dane";
    case AuthenticationMethod::pkix:
      return "pkix";
    case AuthenticationMethod::none:
      break;
  }
  return "none";
}

std::string authentication_text(const Authentication& found,
                                const dnschain::Presentation& presentation,
                                const dnschain::AuthenticationPolicy& policy) {
  if (found.refusal) return refusal_text(found, presentation, policy);
  switch (found.method) {
    case AuthenticationMethod::dane:
      return "TLSA " + to_text(*found.matched) + " matches " +
             presented_text(presentation.identity, found.depth);
    case AuthenticationMethod::pkix:
      return presented_text(presentation.identity, 0);
    case AuthenticationMethod::none:
      break;
  }
  return "nobody knows who this server is";
}

std::optional<CertificateMatch> match_certificate(const dnschain::Verdict& verdict,
                                                  const dnschain::PresentedIdentity& presented,
                                                  const dnschain::Service& service,
                                                  dnschain::WallTime at) {
  if (verdict.kind != dnschain::VerdictKind::secure) return std::nullopt;
  const auto result = dnschain::dane_authenticate(verdict.tlsa, presented, service, at);
  if (result.authenticated) {
    return CertificateMatch{result.matched, presented_text(presented, result.depth)};
  }
  return CertificateMatch{std::nullopt, "no match: " + result.reason + "; the server presented " +
                                            presented_text(presented, 0)};
}

}  // namespace mooring::tools
