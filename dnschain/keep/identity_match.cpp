// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/keep/identity_match.hpp"

namespace mooring::dnschain {
namespace {

constexpr std::chrono::seconds kSayAgain{86400};

}  // namespace

std::optional<IdentityMatch::Fault> IdentityMatch::compare(const Verdict& verdict,
                                                           const PresentedIdentity& presented,
                                                           const Service& service, WallTime now) {
  none();
  if (verdict.kind != VerdictKind::secure)
    return say({KeeperEvent::Kind::no_tlsa,
                "no client can authenticate this server by DANE: " + verdict.reason},
               now);
  if (presented.certificates.empty() && presented.raw_public_key.empty()) return std::nullopt;
  DaneResult dane = dane_authenticate(verdict.tlsa, presented, service, now);
  matches_ = dane.authenticated;
  if (!dane.authenticated) return say({KeeperEvent::Kind::mismatch, std::move(dane.reason)}, now);
  said_.clear();
  return std::nullopt;
}

std::optional<IdentityMatch::Fault> IdentityMatch::say(Fault fault, WallTime now) {
  const bool recent = now >= said_at_ && now - said_at_ < kSayAgain;
  if (fault.text == said_ && recent) return std::nullopt;
  said_ = fault.text;
  said_at_ = now;
  return fault;
}

}  // namespace mooring::dnschain
