// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/daemon.hpp"

#include <unistd.h>

#include <csignal>
#include <stdexcept>
#include <utility>

#include "dnschain/keep/state_store.hpp"
#include "server/base/wall_time.hpp"
#include "server/chain/identities.hpp"
#include "server/config/settings.hpp"
#include "server/ops/descriptors.hpp"
#include "server/ops/metrics_log.hpp"
#include "server/ops/service_manager.hpp"

namespace mooring::server {

namespace {

constexpr std::chrono::seconds kFileWatch{30};

}  // namespace

Daemon::Daemon(std::string file, Config config, std::string version, Log& log,
               LoopFactory make_loop, bool takes_over)
    : file_(std::move(file)),
      config_(std::move(config)),
      version_(std::move(version)),
      log_(log),
      loop_(make_loop()),
      limits_(ClientLimitSettings{}),
      events_(*loop_, log,
              {[this](const Endpoint& server, UpstreamState state, const std::string& reason) {
                 upstream_states_.noticed(server, state, reason);
               },
               [this](const Endpoint& name, const std::string& reason) {
                 on_listen_failed(name, reason);
               },
               [this] { on_drained(); },
               [this](std::uint64_t worker, std::vector<Parcel> parcels, const Remaining& left) {
                 on_given(worker, std::move(parcels), left);
               },
               [](std::uint64_t, const Taken&) {},
               [this](std::uint64_t number) {
                 if (handover_) handover_->session_over(number);
               }}),
      workers_(make_loop, limits_, events_),
      listening_(
          {[this](const ListeningSockets& at) { workers_.listen(at, config_.server.backlog); },
           [this](const Endpoint& bound) { workers_.stop_listening(bound); }}),
      upstream_states_(log),
      tickets_(*loop_, config_.tls, [this](const auto& keys) { workers_.set_ticket_keys(keys); }),
      anchor_(read_file, log),
      certificates_(*loop_, log, release_service()),
      certificate_memory_(config_.chain.state_directory, log),
      make_loop_(std::move(make_loop)),
      upgrade_(*loop_, log, successor(), version_, upgrade_service()),
      takes_over_(takes_over),
      startup_timer_(loop_->make_timer([this] { open(); })),
      watch_timer_(loop_->make_timer([this] { watch_files(); })),
      heap_trim_(*loop_, [this] { return workers_.slept(); }) {}

CertificateRelease::Service Daemon::release_service() {
  return {
      [this]() -> const Config& { return config_; }, [this] { return chains_->now(); },
      [this] { return chains_->table(); },
      [this](const Config& next) { return make_contexts(next); },
      [this](Config next, const Workers::Contexts& contexts) { use(std::move(next), contexts); }};
}

Result<Workers::Contexts> Daemon::make_contexts(const Config& config) const {
  return workers_.make_contexts(config, chains_->pinned_names(), tickets_.keys());
}

/// What an earlier run has left in the state directory.
Result<ChainMemory> Daemon::load_memory() {
  const std::string& directory = config_.chain.state_directory;
  const dnschain::KeeperState handed = inherited_ ? inherited_->chains : dnschain::KeeperState{};
  OwnedFd handed_lock = inherited_ ? std::move(inherited_->state_lock) : OwnedFd();
  if (directory.empty()) {
    if (config_.chain.support_lifetime.count() > 0)
      log_.warning("state", {{"result", "none"},
                             {"detail",
                              "without chain.state_directory the support lifetimes "
                              "announced are forgotten at a restart"}});
    return ChainMemory{std::nullopt, handed};
  }
  auto lock = handed_lock.get() >= 0 ? StateLock::adopt(std::move(handed_lock), directory)
                                     : StateLock::take(directory);
  if (!lock) return tl::make_unexpected(lock.error());
  state_lock_ = std::move(*lock);
  const dnschain::StateStore store(directory);
  auto loaded = store.load();
  if (!loaded) return failure(loaded.error().context);
  if (!loaded->set_aside.empty())
    log_.warning("state", {{"result", "set_aside"}, {"detail", loaded->set_aside}});
  return ChainMemory{store, handed.services.empty() ? std::move(loaded->state) : handed};
}

/// All that can fail before clients are let in.
Result<void> Daemon::prepare() {
  auto memory = load_memory();
  if (!memory) return tl::make_unexpected(memory.error());
  certificates_.hold(inherited_ ? certificate_memory_.inherit(config_, inherited_->certificates,
                                                              memory->state, wall_now())
                                : certificate_memory_.restore(config_, memory->state, wall_now()));
  auto inherited = inherited_ ? std::move(inherited_->listening) : std::vector<ListeningSockets>();
  const auto bound =
      listening_.bind(config_.server.listen, config_.server.workers, std::move(inherited));
  if (!bound) return bound;
  const auto started = workers_.start(config_, memory->pinned_names(), tickets_.keys());
  if (!started) return started;
  chains_ = std::make_unique<ChainService>(
      *loop_, log_, keeper_settings(config_), resolver_settings(config_), std::move(*memory),
      [this](const std::shared_ptr<const dnschain::ChainTable>& table) { on_chains(table); },
      [this] { open(); });
  certificate_memory_.remember(config_);
  return start_handover();
}

int Daemon::run() {
  std::signal(SIGPIPE, SIG_IGN);
  apply_limits();
  const auto started = start();
  if (!started) {
    log_.error("start_failed", {{"error", started.error().context}});
    return 1;
  }
  serve();
  if (upgrade_.is_open()) ::unlink(config_.control.socket.c_str());
  upgrade_.close();
  // Threads end before the last figures are read.
  log_counters();
  if (handover_) handover_->end();
  workers_.clear();
  log_.info("stop", {{"status", std::to_string(status_)}});
  return status_;
}

Result<void> Daemon::start() {
  if (takes_over_) {
    if (auto asked = ask_for_inheritance(); !asked) {
      if (taking_over_) taking_over_->refuse(asked.error().context);
      return asked;
    }
  }
  auto prepared = prepare();
  if (prepared && !takes_over_) prepared = open_control();
  if (!prepared && taking_over_) taking_over_->refuse(prepared.error().context);
  return prepared;
}

Result<void> Daemon::open_control() {
  if (config_.control.socket.empty()) return {};
  auto listening = listen_at(config_.control.socket);
  if (!listening) return failure("control socket " + listening.error().context);
  upgrade_.open(std::move(*listening));
  return {};
}

void Daemon::serve() {
  const auto terminate = loop_->make_signal(SIGTERM, [this] { stop(); });
  const auto interrupt = loop_->make_signal(SIGINT, [this] { stop(); });
  const auto hang_up = loop_->make_signal(SIGHUP, [this] { reload(); });
  const auto user = loop_->make_signal(SIGUSR1, [this] { log_counters(); });
  const auto upgrade = loop_->make_signal(SIGUSR2, [this] { upgrade_.start(OwnedFd()); });
  startup_timer_->set(loop_->now() + config_.chain.startup_wait);
  watch_timer_->set(loop_->now() + kFileWatch);
  loop_->run();
}

void Daemon::enter(Phase next) {
  if (!may_follow(phase_, next)) throw std::logic_error("the service is in another phase");
  phase_ = next;
}

void Daemon::end() {
  if (phase_ != Phase::ended) enter(Phase::ended);
  loop_->stop();
}

void Daemon::apply_limits() {
  const std::size_t files = raise_file_limit();
  const std::size_t connections = connections_that_fit(config_, files);
  limits_.set(client_limits(config_, connections));
  if (connections == config_.limits.connections) return;
  log_.warning("few_files", {{"open_files", std::to_string(files)},
                             {"connections", std::to_string(connections)},
                             {"configured", std::to_string(config_.limits.connections)}});
}

/// Once: when the first chains are there, or have been waited for long enough.
void Daemon::open() {
  if (phase_ != Phase::starting || opened_) return;
  opened_ = true;
  startup_timer_->clear();
  taking_over_ ? taking_over_->ready() : let_in();
}

void Daemon::let_in() {
  const auto opened = listening_.open(config_.server.backlog);
  if (!opened) {
    log_.error("start_failed", {{"error", opened.error().context}});
    if (taking_over_) taking_over_->refuse(opened.error().context);
    status_ = 1;
    return end();
  }
  enter(Phase::serving);
  log_.info("start", {{"version", version_},
                      {"listen", listening_.text()},
                      {"workers", std::to_string(workers_.size())},
                      {"identities", std::to_string(config_.identities.size())},
                      {"chains", std::to_string(chains_->table()->chains().size())},
                      {"config", file_}});
  give_to_backends();
  if (state_lock_) state_lock_->sign();
  // A successor is not the main process before its predecessor has said so.
  if (!taking_over_) tell_service_manager("READY=1");
}

void Daemon::stop() {
  const bool again = std::exchange(stop_wanted_, true);
  const bool hands_over = upgrade_.end("the service was told to end");
  // That has an end soon, and comes back here.
  if (phase_ == Phase::handing_over && hands_over && !again) return;
  if (taking_over_) taking_over_->give_up();
  if (!succeeded_) tell_service_manager("STOPPING=1");
  if (phase_ != Phase::serving) return end();
  log_.info("stopping", {{"connections", std::to_string(limits_.connections())}});
  drain();
}

void Daemon::drain() {
  enter(Phase::draining);
  end_handover();
  listening_.close();
  workers_.drain(config_.server.drain_time);
}

void Daemon::on_drained() {
  if (++drained_ == workers_.size()) end();
}

void Daemon::on_chains(const std::shared_ptr<const dnschain::ChainTable>& table) {
  workers_.set_chains(table);
  certificates_.look();
}

/// The worker's socket is closed by now, so that the kernel gives its clients to the others.
void Daemon::on_listen_failed(const Endpoint& name, const std::string& reason) {
  log_.error(last_change_, {{"result", "partial"},
                            {"error", "a worker cannot listen on " + name.text() + ": " + reason},
                            {"detail", "the other workers and addresses go on"}});
}

void Daemon::reconfigure_chains() {
  chains_->reconfigure(keeper_settings(config_), resolver_settings(config_));
}

/// A configuration that has certificates in it which waited, and the contexts made for it.
void Daemon::use(Config config, const Workers::Contexts& contexts) {
  config_ = std::move(config);
  workers_.set_contexts(contexts);
  certificate_memory_.remember(config_);
  reconfigure_chains();
}

void Daemon::watch_files() {
  watch_timer_->set(loop_->now() + kFileWatch);
  if (phase_ == Phase::handing_over || succeeded_) return;
  certificate_memory_.remember(config_);
  if (!anchor_.look(config_.chain)) return;
  reconfigure_chains();
  log_.info("trust_anchor", {{"result", "reloaded"}, {"file", config_.chain.anchor_file}});
}

void Daemon::log_counters() {
  LoadMetrics load;
  load.now = limits_.connections();
  load.clients = limits_.clients();
  load.asleep = workers_.asleep();
  log_metrics(load, metrics(), log_);
}

void Daemon::refuse(const std::string& why) {
  log_.error("reload", {{"result", "refused"}, {"error", why}});
}

void Daemon::reload() {
  if (phase_ == Phase::handing_over) return refuse("an upgrade is under way");
  if (phase_ != Phase::starting && phase_ != Phase::serving) return;
  auto config = load_for_reload(file_);
  if (!config) {
    for (const Finding& error : config.error()) refuse(error.text());
    return;
  }
  for (const auto& [place, what] : identity_warnings(*config, wall_now()))
    log_.warning("identity", {{"place", place.text()}, {"detail", what}});
  const auto now = chains_->now();
  auto prepared = prepare_reload(
      std::move(*config),
      {config_, *chains_->table(), now, [this](const Config& next) { return make_contexts(next); },
       [this](const Config& next) {
         return listening_.prepare(next.server.listen, config_.server.workers,
                                   config_.server.backlog);
       }});
  if (!prepared) return refuse(prepared.error().context);
  apply(std::move(*prepared));
}

void Daemon::apply(PreparedReload prepared) {
  certificates_.hold(std::move(prepared.certificates));
  log_held(prepared.held, log_);
  config_ = std::move(prepared.config);
  log_.set_level(config_.log.level);
  apply_limits();
  workers_.set_contexts(prepared.contexts);
  workers_.set_settings(worker_settings(config_));
  certificate_memory_.remember(config_);
  listening_.change(config_.server.listen, std::move(prepared.added));
  reconfigure_chains();
  if (!certificates_.empty()) {
    // Its TLSA record may be published already.
    chains_->refresh();
    certificates_.look();
  }
  tickets_.set(config_.tls);
  last_change_ = "reload";
  log_.info("reload", {{"result", "done"}, {"listen", listening_.text()}});
  if (!prepared.kept.empty())
    log_.warning("reload",
                 {{"result", "partial"}, {"detail", "a restart is needed for " + prepared.kept}});
}

}  // namespace mooring::server
