// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/command/published_options.hpp"

#include <CLI/CLI.hpp>

#include "tools/command/server_options.hpp"

namespace mooring::tools {

void add_published_options(CLI::App& command, PublishedOptions& options) {
  command
      .add_option("--resolver", options.resolver,
                  "recursive resolver that is asked, over TCP, for what is published")
      ->type_name("ADDRESS:PORT");
  add_timeout_option(command, options.timeout, "for the resolver and the server, in seconds");
  add_trust_options(command, options.trust);
}

Outcome<PublishedTlsa> ask_published(const dnschain::Service& service,
                                     const PublishedOptions& options,
                                     const Environment& environment) {
  const auto resolver = parse_endpoint(options.resolver, kDnsPort);
  if (!resolver) return tl::make_unexpected(resolver.error());
  const auto judge = load_judge(options.trust, environment);
  if (!judge) return tl::make_unexpected(judge.error());
  return published_tlsa(service, *resolver, *judge, milliseconds_of(options.timeout), environment);
}

}  // namespace mooring::tools
