// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/tlsa/published.hpp"

#include "dnschain/dane/tlsa_history.hpp"

namespace mooring::tools {

Outcome<PublishedTlsa> published_tlsa(const dnschain::Service& service, const Endpoint& resolver,
                                      const Judge& judge, std::chrono::milliseconds timeout,
                                      const Environment& environment) {
  const auto chain = build_chain(service, resolver, judge, timeout, environment);
  if (!chain) return tl::make_unexpected(chain.error());
  PublishedTlsa published;
  published.at = judge.at;
  published.verdict = dnschain::verify(chain->records, service, judge.anchor, judge.at);
  if (published.verdict.kind == dnschain::VerdictKind::bogus) {
    return refused("what is published for " + service.text() +
                   " is bogus: " + published.verdict.reason);
  }
  published.zone_ttl =
      static_cast<std::uint32_t>(dnschain::tlsa_zone_ttl(published.verdict.proof).count());
  return published;
}

}  // namespace mooring::tools
