// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the daemon does at SIGHUP.
#include <algorithm>
#include <utility>

#include "server/base/wall_time.hpp"
#include "server/config/settings.hpp"
#include "server/ops/daemon.hpp"
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
  keep(now.chain.state_directory, next.chain.state_directory, "chain.state_directory");
  return names;
}

}  // namespace

struct Daemon::Prepared {
  Config config;
  Contexts contexts;
  std::vector<ListeningSockets> listening;  ///< new ones
};

void Daemon::reload() {
  if (stopping_) return;
  auto config = load_config(file_);
  Findings errors = config ? check_identities(*config) : std::move(config.error());
  if (errors.empty()) errors = check_loops(*config, own_addresses());
  for (const Finding& error : errors) refuse(error.text());
  if (!errors.empty()) return;
  for (const auto& [place, what] : identity_warnings(*config, wall_now()))
    log_.warning("identity", {{"place", place.text()}, {"detail", what}});
  CertificateSwitch certificates;
  const auto now = chains_->now();
  const auto held = certificates.hold(*config, config_, *chains_->table(), now);
  auto prepared = prepare(std::move(*config));
  if (!prepared) return;
  certificates_ = std::move(certificates);
  log_held(held, log_);
  apply(std::move(*prepared));
}

void Daemon::refuse(const std::string& why) {
  log_.error("reload", {{"result", "refused"}, {"error", why}});
}

/// Gets all that can fail before anything is changed.
std::optional<Daemon::Prepared> Daemon::prepare(Config config) {
  Prepared out;
  auto contexts = make_contexts(config);
  if (!contexts) {
    refuse(contexts.error().context);
    return {};
  }
  out.contexts = std::move(*contexts);
  for (const Endpoint& endpoint : missing(config.server.listen, configured(listening_))) {
    // An address of ours on the same port is no stranger: "0.0.0.0:853" may follow one of them.
    const auto same_port = [&](const ListeningSockets& one) {
      return one.bound.port == endpoint.port;
    };
    const bool exclusive = std::ranges::none_of(listening_, same_port);
    auto sockets = bind_sockets(endpoint, static_cast<unsigned>(workers_.size()), exclusive);
    const auto started =
        sockets && open_ ? start_listening(*sockets, config_.server.backlog) : Result<void>();
    if (!sockets || !started) {
      const Error& error = sockets ? started.error() : sockets.error();
      refuse("cannot listen on " + error.context + "; what was in use before goes on");
      return {};
    }
    out.listening.push_back(std::move(*sockets));
  }
  out.config = std::move(config);
  return out;
}

void Daemon::apply(Prepared prepared) {
  const std::string kept = keep_until_restart(config_, prepared.config);
  config_ = std::move(prepared.config);
  log_.set_level(config_.log.level);
  apply_limits();
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    workers_[i]->set_context(std::move(prepared.contexts[i]));
    workers_[i]->set_settings(worker_settings(config_));
  }
  memory_.remember(config_);
  change_listening(std::move(prepared.listening));
  chains_->reconfigure(keeper_settings(config_), resolver_settings(config_));
  if (!certificates_.empty()) {
    // Its TLSA record may be published already.
    chains_->refresh();
    release_timer_->set(loop_->now());
  }
  ticket_timer_->set_earlier(loop_->now() + config_.tls.ticket_rotation);
  reloaded_ = true;
  log_.info("reload", {{"result", "done"}, {"listen", addresses(listening_)}});
  if (!kept.empty())
    log_.warning("reload", {{"result", "partial"}, {"detail", "a restart is needed for " + kept}});
}

/// Closes the sockets of addresses that are not configured any more and adds those that are new.
void Daemon::change_listening(std::vector<ListeningSockets> added) {
  for (const Endpoint& gone : missing(configured(listening_), config_.server.listen)) {
    const auto same = [&](const ListeningSockets& one) { return one.configured == gone; };
    // Of those added, none is in listening_ yet.
    const auto sockets = std::ranges::find_if(listening_, same);
    for (const auto& worker : workers_) worker->stop_listening(sockets->bound);
    listening_.erase(sockets);
  }
  for (ListeningSockets& sockets : added) {
    if (open_) hand_over(sockets);
    listening_.push_back(std::move(sockets));
  }
}

}  // namespace mooring::server
