// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/chain/resolver_settings.hpp"

#include "server/config/settings.hpp"

namespace mooring::server {

ResolverSettings resolver_settings(const Config& config) {
  ResolverSettings out{upstream_settings(config), config.upstream.servers};
  out.upstream.connections = 1;
  out.upstream.query_deadline = config.chain.ask_timeout;
  // At boot the resolver may come up a moment after us, and clients are let in when chains are
  // there.
  out.upstream.first_grace = out.upstream.grace;
  return out;
}

}  // namespace mooring::server
