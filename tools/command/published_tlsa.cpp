// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/command/published_tlsa.hpp"

#include <CLI/CLI.hpp>

#include "dnschain/dane/tlsa_history.hpp"
#include "tools/client/resolver_client.hpp"
#include "tools/command/server_options.hpp"

namespace mooring::tools {

void add_published_options(CLI::App& command, PublishedOptions& options) {
  command
      .add_option("--resolver", options.resolver,
                  "recursive resolver that is asked, over TCP, for what is published")
      ->type_name("ADDRESS:PORT");
  command.add_option("--timeout", options.timeout, "for the resolver and the server, in seconds")
      ->check(CLI::Range(0.001, 3600.0))
      ->type_name("SECONDS")
      ->capture_default_str();
  add_trust_options(command, options.trust);
}

Outcome<PublishedTlsa> published_tlsa(const dnschain::Service& service,
                                      const PublishedOptions& options,
                                      const Environment& environment) {
  const auto resolver = parse_endpoint(options.resolver, kDnsPort);
  if (!resolver) return tl::make_unexpected(resolver.error());
  const auto anchor = load_anchor(options.trust);
  if (!anchor) return tl::make_unexpected(anchor.error());
  const auto at = moment(options.trust, environment);
  if (!at) return tl::make_unexpected(at.error());
  const auto chain = build_chain(service, *resolver, {*anchor, *at},
                                 milliseconds_of(options.timeout), environment);
  if (!chain) return tl::make_unexpected(chain.error());
  PublishedTlsa published;
  published.at = *at;
  published.verdict = dnschain::verify(chain->records, service, *anchor, *at);
  if (published.verdict.kind == dnschain::VerdictKind::bogus) {
    return refused("what is published for " + service.text() +
                   " is bogus: " + published.verdict.reason);
  }
  published.zone_ttl =
      static_cast<std::uint32_t>(dnschain::tlsa_zone_ttl(published.verdict.proof).count());
  return published;
}

}  // namespace mooring::tools
