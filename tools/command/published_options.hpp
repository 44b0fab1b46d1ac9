// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "tools/command/trust_options.hpp"
#include "tools/tlsa/published.hpp"

namespace mooring::tools {

/// Where the published records are asked for, and what validates them.
struct PublishedOptions {
  std::string resolver;  ///< ADDRESS:PORT
  double timeout = 10;   ///< seconds, for all questions together
  TrustOptions trust;
};

void add_published_options(CLI::App& command, PublishedOptions& options);

/// published_tlsa() as the options have it.
[[nodiscard]] Outcome<PublishedTlsa> ask_published(const dnschain::Service& service,
                                                   const PublishedOptions& options,
                                                   const Environment& environment);

}  // namespace mooring::tools
