// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/report/authentication.hpp"

#include "dnschain/dane/x509_path.hpp"
#include "tools/base/text.hpp"
#include "tools/tlsa/certificate.hpp"

namespace mooring::tools {

namespace {

using dnschain::VerdictKind;

/// What the certificate at `depth` is, or the raw public key.
std::string presented_text(const dnschain::PresentedIdentity& presented, std::size_t depth) {
  const auto keys = read_presented(presented);
  return depth < keys.size() ? describe(keys[depth]) : "an unreadable certificate";
}

dnschain::PathResult pkix_path(const Presentation& presentation,
                               const AuthenticationPolicy& policy) {
  return dnschain::find_path(presentation.identity.certificates, policy.authorities,
                             policy.service->base_domain(), policy.at);
}

Outcome<Authentication> by_pkix(const Presentation& presentation,
                                const AuthenticationPolicy& policy, Authentication so_far) {
  if (const auto path = pkix_path(presentation, policy); !path) {
    const std::string dane = so_far.text.empty() ? "" : "; " + so_far.text;
    return refused("not authenticated by PKIX: its certificate does not hold for " +
                   policy.service->base_domain() + ": " + path.error() + dane);
  }
  so_far.method = Authentication::Method::pkix;
  so_far.text = presented_text(presentation.identity, 0);
  return so_far;
}

/// DANE by a chain that proves TLSA records: they alone decide (RFC 9102, 6).
Outcome<Authentication> by_dane(const Presentation& presentation,
                                const AuthenticationPolicy& policy, Authentication so_far) {
  dnschain::PresentedIdentity identity = presentation.identity;
  // What usages 0 and 1 go by (RFC 6698, 2.1.1); without a path they match nothing.
  if (!policy.authorities.empty()) {
    identity.pkix_path = pkix_path(presentation, policy).value_or(std::vector<dnschain::Bytes>{});
  }
  const auto result =
      dnschain::dane_authenticate(so_far.verdict->tlsa, identity, *policy.service, policy.at);
  if (!result.authenticated) {
    return refused("not authenticated: " + result.reason + "; it presented " +
                   presented_text(presentation.identity, 0));
  }
  so_far.method = Authentication::Method::dane;
  so_far.matched = result.matched;
  so_far.text = "TLSA " + to_text(result.matched) + " matches " +
                presented_text(presentation.identity, result.depth);
  return so_far;
}

/// When the chain gives no TLSA records, another way may do; there must be one.
Outcome<Authentication> otherwise(const Presentation& presentation,
                                  const AuthenticationPolicy& policy, Authentication so_far,
                                  std::string why) {
  if (policy.authorities.empty()) return refused("not authenticated: " + why);
  so_far.text = std::move(why);
  return by_pkix(presentation, policy, std::move(so_far));
}

Outcome<Authentication> by_chain(const Presentation& presentation,
                                 const AuthenticationPolicy& policy) {
  const std::string service = policy.service->text();
  if (!presentation.chain) {
    return otherwise(presentation, policy, {},
                     "the server sent no dnssec_chain extension for " + service);
  }
  auto body = dnschain::parse_extension_body(*presentation.chain);
  if (!body) {
    return refused("not authenticated: the chain for " + service +
                   " is malformed: " + body.error().context);
  }
  Authentication found;
  found.body = *std::move(body);
  found.verdict = dnschain::verify(found.body->records, *policy.service, *policy.anchor, policy.at);
  const std::string reason = found.verdict->reason;
  switch (found.verdict->kind) {
    case VerdictKind::secure:
      return by_dane(presentation, policy, std::move(found));
    case VerdictKind::denial:
    case VerdictKind::insecure:
      return otherwise(presentation, policy, std::move(found),
                       "the chain proves that there are no TLSA records to go by for " + service +
                           ": " + reason);
    case VerdictKind::bogus:
      break;
  }
  return refused("not authenticated: the chain for " + service + " is bogus: " + reason);
}

}  // namespace

std::string method_name(Authentication::Method method) {
  switch (method) {
    case Authentication::Method::dane:
      return "dane";
    case Authentication::Method::pkix:
      return "pkix";
    case Authentication::Method::none:
      break;
  }
  return "none";
}

Outcome<Authentication> authenticate(const Presentation& presentation,
                                     const AuthenticationPolicy& policy) {
  if (!policy.service || (!policy.anchor && policy.authorities.empty())) {
    Authentication none;
    none.text = "nobody knows who this server is";
    return none;
  }
  if (policy.anchor) return by_chain(presentation, policy);
  return by_pkix(presentation, policy, {});
}

Authentication unauthenticated(const Presentation& presentation, const AuthenticationPolicy& policy,
                               std::string why) {
  Authentication out;
  out.text = std::move(why);
  if (!presentation.chain || !policy.anchor || !policy.service) return out;
  auto body = dnschain::parse_extension_body(*presentation.chain);
  if (!body) return out;
  out.verdict = dnschain::verify(body->records, *policy.service, *policy.anchor, policy.at);
  out.body = *std::move(body);
  return out;
}

std::optional<CertificateMatch> match_certificate(const dnschain::Verdict& verdict,
                                                  const dnschain::PresentedIdentity& presented,
                                                  const dnschain::Service& service,
                                                  dnschain::WallTime at) {
  if (verdict.kind != VerdictKind::secure) return std::nullopt;
  const auto result = dnschain::dane_authenticate(verdict.tlsa, presented, service, at);
  if (result.authenticated) {
    return CertificateMatch{result.matched, presented_text(presented, result.depth)};
  }
  return CertificateMatch{std::nullopt, "no match: " + result.reason + "; the server presented " +
                                            presented_text(presented, 0)};
}

}  // namespace mooring::tools
