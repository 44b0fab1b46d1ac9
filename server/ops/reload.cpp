// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/reload.hpp"

#include <utility>

#include "server/chain/identities.hpp"
#include "server/ops/surroundings.hpp"

namespace mooring::server {

namespace {

/// Settings that stay as they are until a restart; the names of those that `next` would change.
std::string keep_until_restart(const Config& now, Config& next) {
  std::string names;
  const auto keep = [&](const auto& old, auto& changed, const char* name) {
    if (changed == old) return;
    changed = old;
    names += (names.empty() ? "" : ", ") + std::string(name);
  };
  keep(now.server.workers, next.server.workers, "server.workers");
  keep(now.server.backlog, next.server.backlog, "server.backlog");
  keep(now.handover, next.handover, "handover");
  keep(now.control.socket, next.control.socket, "control.socket");
  keep(now.chain.state_directory, next.chain.state_directory, "chain.state_directory");
  return names;
}

}  // namespace

ConfigResult<Config> load_for_reload(const std::string& file) {
  auto config = load_config(file);
  if (!config) return config;
  Findings errors = check_identities(*config);
  if (errors.empty()) errors = check_loops(*config, own_addresses());
  if (!errors.empty()) return tl::make_unexpected(std::move(errors));
  return config;
}

Result<PreparedReload> prepare_reload(Config next, const ReloadBase& base) {
  PreparedReload out;
  out.held = out.certificates.hold(next, base.config, base.chains, base.now);
  out.kept = keep_until_restart(base.config, next);
  auto contexts = base.make_contexts(next);
  if (!contexts) return tl::make_unexpected(contexts.error());
  auto added = base.bind_added(next);
  if (!added) return tl::make_unexpected(added.error());
  out.contexts = std::move(*contexts);
  out.added = std::move(*added);
  out.config = std::move(next);
  return out;
}

}  // namespace mooring::server
