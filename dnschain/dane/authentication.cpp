// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/dane/authentication.hpp"

#include <utility>

#include "dnschain/dane/x509_path.hpp"

namespace mooring::dnschain {
namespace {

Authentication refused(Authentication so_far, Refusal refusal, std::string reason = {}) {
  so_far.refusal = refusal;
  so_far.reason = std::move(reason);
  return so_far;
}

PathResult pkix_path(const Presentation& presentation, const AuthenticationPolicy& policy) {
  return find_path(presentation.identity.certificates, policy.authorities,
                   policy.service->base_domain(), policy.at);
}

Authentication by_pkix(const Presentation& presentation, const AuthenticationPolicy& policy,
                       Authentication so_far) {
  if (auto path = pkix_path(presentation, policy); !path) {
    return refused(std::move(so_far), Refusal::no_path, std::move(path.error().context));
  }
  so_far.method = AuthenticationMethod::pkix;
  return so_far;
}

Authentication by_dane(const Presentation& presentation, const AuthenticationPolicy& policy,
                       Authentication so_far) {
  PresentedIdentity identity = presentation.identity;
  // What usages 0 and 1 go by (RFC 6698, 2.1.1); without a path they match nothing.
  if (!policy.authorities.empty()) {
    identity.pkix_path = pkix_path(presentation, policy).value_or(std::vector<Bytes>{});
  }
  auto result = dane_authenticate(so_far.verdict->tlsa, identity, *policy.service, policy.at);
  if (!result.authenticated) {
    return refused(std::move(so_far), Refusal::no_tlsa_match, std::move(result.reason));
  }
  so_far.method = AuthenticationMethod::dane;
  so_far.matched = std::move(result.matched);
  so_far.depth = result.depth;
  return so_far;
}

// When the chain gives no TLSA records, another way may do; there must be one.
Authentication otherwise(const Presentation& presentation, const AuthenticationPolicy& policy,
                         Authentication so_far, Refusal why) {
  if (policy.authorities.empty()) return refused(std::move(so_far), why);
  return by_pkix(presentation, policy, std::move(so_far));
}

Authentication by_chain(const Presentation& presentation, const AuthenticationPolicy& policy) {
  if (!presentation.chain) return otherwise(presentation, policy, {}, Refusal::no_chain);
  auto body = parse_extension_body(*presentation.chain);
  if (!body) return refused({}, Refusal::malformed_chain, std::move(body.error().context));
  Authentication found;
  found.body = *std::move(body);
  found.verdict = verify(found.body->records, *policy.service, *policy.anchor, policy.at);
  switch (found.verdict->kind) {
    case VerdictKind::secure:
      return by_dane(presentation, policy, std::move(found));
    case VerdictKind::denial:
    case VerdictKind::insecure:
      return otherwise(presentation, policy, std::move(found), Refusal::no_tlsa_records);
    case VerdictKind::bogus:
      break;
  }
  return refused(std::move(found), Refusal::bogus_chain);
}

}  // namespace

Authentication authenticate(const Presentation& presentation, const AuthenticationPolicy& policy) {
  if (!policy.service || (!policy.anchor && policy.authorities.empty())) return {};
  if (policy.anchor) return by_chain(presentation, policy);
  return by_pkix(presentation, policy, {});
}

}  // namespace mooring::dnschain
