// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "server/base/endpoint.hpp"
#include "server/config/config.hpp"
#include "server/upstream/pool.hpp"

namespace mooring::server {

/// Whom the chain service asks.
struct ResolverSettings {
  UpstreamSettings upstream;
  std::vector<Endpoint> servers;

  bool operator==(const ResolverSettings&) const = default;
};

[[nodiscard]] ResolverSettings resolver_settings(const Config& config);

}  // namespace mooring::server
