// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/certificate_switch.hpp"

#include <algorithm>

#include "dnschain/dane.hpp"
#include "server/setup.hpp"
#include "server/wall_time.hpp"

namespace mooring::server {

namespace {

bool same_certificate(const IdentityConfig& a, const IdentityConfig& b) {
  return a.certificate_pem == b.certificate_pem && a.private_key_pem == b.private_key_pem;
}

void take_certificate(IdentityConfig& into, const IdentityConfig& from) {
  into.certificate_pem = from.certificate_pem;
  into.private_key_pem = from.private_key_pem;
}

IdentityConfig* find_identity(std::vector<IdentityConfig>& identities, const std::string& name) {
  const auto found = std::ranges::find(identities, name, &IdentityConfig::name);
  return found == identities.end() ? nullptr : &*found;
}

}  // namespace

SwitchVerdict judge_switch(const dnschain::ChainTable& chains, const IdentityConfig& current,
                           const IdentityConfig& next, dnschain::WallTime now) {
  const auto old_one = presented_identity(current);
  const auto new_one = presented_identity(next);
  SwitchVerdict out;
  for (const dnschain::Service& service : next.services) {
    // A chain that could not be refreshed says what its clients may still hold in their caches.
    const auto* chain = chains.last_known(service.base_domain(), service.port());
    if (chain == nullptr || chain->kind != dnschain::VerdictKind::secure) continue;
    const auto matches = [&](const dnschain::PresentedIdentity& presented) {
      return dnschain::dane_authenticate(chain->tlsa, presented, service, now).authenticated;
    };
    if (!matches(new_one)) {
      if (!matches(old_one)) continue;
      return {false, "no TLSA record of " + service.text() + " matches the new certificate", {}};
    }
    if (now < chain->tlsa_settled) {
      out.use = false;
      out.why = "the TLSA records of " + service.text() +
                " that were there before may be cached until " + time_text(chain->tlsa_settled);
      out.not_before = std::max(out.not_before.value_or(chain->tlsa_settled), chain->tlsa_settled);
    }
  }
  return out;
}

void CertificateSwitch::note(const SwitchVerdict& verdict) {
  if (!verdict.not_before) return;
  next_release_ = std::min(next_release_.value_or(*verdict.not_before), *verdict.not_before);
}

std::vector<CertificateSwitch::Held> CertificateSwitch::hold(Config& next, const Config& current,
                                                             const dnschain::ChainTable& chains,
                                                             dnschain::WallTime now) {
  held_.clear();
  next_release_.reset();
  std::vector<Held> out;
  if (!next.chain.wait_for_tlsa) return out;
  for (IdentityConfig& identity : next.identities) {
    const auto in_use = std::ranges::find(current.identities, identity.name, &IdentityConfig::name);
    if (in_use == current.identities.end() || same_certificate(*in_use, identity)) continue;
    const SwitchVerdict verdict = judge_switch(chains, *in_use, identity, now);
    if (verdict.use) continue;
    note(verdict);
    out.push_back({identity.name, verdict.why});
    held_[identity.name] = identity;
    take_certificate(identity, *in_use);
  }
  return out;
}

std::vector<std::string> CertificateSwitch::release(Config& config,
                                                    const dnschain::ChainTable& chains,
                                                    dnschain::WallTime now) {
  next_release_.reset();
  std::vector<std::string> out;
  for (auto held = held_.begin(); held != held_.end();) {
    IdentityConfig* identity = find_identity(config.identities, held->first);
    const SwitchVerdict verdict = judge_switch(chains, *identity, held->second, now);
    note(verdict);
    if (!verdict.use) {
      ++held;
      continue;
    }
    take_certificate(*identity, held->second);
    out.push_back(held->first);
    held = held_.erase(held);
  }
  return out;
}

}  // namespace mooring::server
