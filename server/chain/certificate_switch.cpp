// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/chain/certificate_switch.hpp"

#include <algorithm>

#include "dnschain/base/time_text.hpp"
#include "dnschain/dane/dane.hpp"
#include "server/chain/identities.hpp"

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

/// Two certificates, and how they fare with a client that goes by one TLSA RRset.
class Rivals {
 public:
  Rivals(const IdentityConfig& current, const IdentityConfig& next,
         const dnschain::Service& service, dnschain::WallTime now)
      : current_(presented_identity(current)),
        next_(presented_identity(next)),
        service_(service),
        now_(now) {}

  [[nodiscard]] bool new_serves(const dnschain::SeenTlsa& seen) const {
    return serves(seen, next_);
  }
  /// Only the one in use is good for it.
  [[nodiscard]] bool needs_old(const dnschain::SeenTlsa& seen) const {
    return !new_serves(seen) && serves(seen, current_);
  }
  /// Proven, and the one in use is not good for it.
  [[nodiscard]] bool old_fails(const dnschain::SeenTlsa& seen) const {
    return !serves(seen, current_);
  }

 private:
  [[nodiscard]] bool serves(const dnschain::SeenTlsa& seen,
                            const dnschain::PresentedIdentity& presented) const {
    return seen.records.empty() ||
           dnschain::dane_authenticate(seen.records, presented, service_, now_).authenticated;
  }

  dnschain::PresentedIdentity current_;
  dnschain::PresentedIdentity next_;
  const dnschain::Service& service_;
  dnschain::WallTime now_;
};

/// Two TTLs after the new certificate's record was first seen, when it has been there ever since.
dnschain::WallTime published_long_enough(const std::vector<dnschain::SeenTlsa>& history,
                                         const Rivals& rivals) {
  const dnschain::SeenTlsa& published = history.back();
  if (published.records.empty()) return {};
  auto first = history.rbegin();
  for (auto each = first; each != history.rend(); ++each) {
    if (each->records.empty() || !rivals.new_serves(*each)) break;
    first = each;
  }
  return dnschain::new_key_from(first->since, published.ttl);
}

SwitchVerdict judge_service(const std::vector<dnschain::SeenTlsa>& history, const Rivals& rivals,
                            const dnschain::Service& service, dnschain::WallTime now) {
  // What is published now goes along with the certificate in the handshake.
  if (history.empty() || rivals.old_fails(history.back())) return {};
  if (!rivals.new_serves(history.back()))
    return {false, "no TLSA record of " + service.text() + " matches the new certificate", {}};
  dnschain::WallTime settled = published_long_enough(history, rivals);
  for (const dnschain::SeenTlsa& seen : history) {
    if (rivals.needs_old(seen)) settled = std::max(settled, seen.cached_until);
  }
  if (now >= settled) return {};
  return {false,
          "TLSA records of " + service.text() + " without it may be cached until " +
              dnschain::to_text(settled),
          settled};
}

}  // namespace

SwitchVerdict judge_switch(const dnschain::ChainTable& chains, const IdentityConfig& current,
                           const IdentityConfig& next, dnschain::WallTime now) {
  SwitchVerdict out;
  for (const dnschain::Service& service : next.services) {
    // A chain that could not be refreshed says what its clients may still hold in their caches.
    const auto* chain = chains.last_known(service.base_domain(), service.port());
    if (chain == nullptr) continue;
    const Rivals rivals(current, next, service, now);
    const SwitchVerdict one = judge_service(chain->history, rivals, service, now);
    if (one.use) continue;
    if (!one.not_before) return one;
    if (out.not_before >= one.not_before) continue;
    out = one;
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
  for (const auto& [name, next] : held_) {
    IdentityConfig* identity = find_identity(config.identities, name);
    const SwitchVerdict verdict = judge_switch(chains, *identity, next, now);
    note(verdict);
    if (!verdict.use) continue;
    take_certificate(*identity, next);
    out.push_back(name);
  }
  return out;
}

void CertificateSwitch::forget(const std::vector<std::string>& names) {
  for (const std::string& name : names) held_.erase(name);
}

}  // namespace mooring::server
