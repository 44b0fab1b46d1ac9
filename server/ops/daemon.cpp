// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/daemon.hpp"
#include "tlsext/base/alerts.hpp"

#include <algorithm>
#include <csignal>
#include <utility>

#include "server/base/wall_time.hpp"
#include "server/config/settings.hpp"
#include "server/ops/descriptors.hpp"
#include "server/ops/metrics_log.hpp"
#include "server/ops/ticket_rotation.hpp"

namespace mooring::server {

namespace {

constexpr std::chrono::seconds kAnchorWatch{30};
/// Until a certificate that could not be put to use is tried again.
constexpr std::chrono::seconds kReleasePause{30};

const char* state_text(UpstreamState state) {
  switch (state) {
    case UpstreamState::up:
      return "up";
    case UpstreamState::lost:
      return "lost";
    case UpstreamState::unreachable:
      break;
  }
  return "unreachable";
}

}  // namespace

Daemon::Daemon(std::string file, Config config, std::string version, Log& log,
               LoopFactory make_loop)
    : file_(std::move(file)),
      config_(std::move(config)),
      version_(std::move(version)),
      log_(log),
      make_loop_(std::move(make_loop)),
      loop_(make_loop_()),
      inbox_(*loop_, [this](News&& news) { hear(std::move(news)); }),
      limits_(ClientLimitSettings{}),
      ticket_keys_(tlsext::TicketKeySet::create()),
      memory_(config_.chain.state_directory, log_),
      startup_timer_(loop_->make_timer([this] { open(); })),
      ticket_timer_(loop_->make_timer([this] { rotate_ticket_keys(); })),
      release_timer_(loop_->make_timer([this] { release_certificates(); })),
      anchor_timer_(loop_->make_timer([this] { watch_anchor(); })) {}

Daemon::~Daemon() = default;

/// What is in the state directory; nothing, logged, when it cannot be used.
std::optional<ChainMemory> Daemon::recall() {
  const std::string& directory = config_.chain.state_directory;
  if (directory.empty()) {
    if (config_.chain.support_lifetime.count() > 0)
      log_.warning("state", {{"result", "none"},
                             {"detail",
                              "without chain.state_directory the support lifetimes "
                              "announced are forgotten at a restart"}});
    return ChainMemory{};
  }
  auto lock = StateLock::take(directory);
  if (!lock) {
    log_.error("start_failed", {{"error", lock.error()}});
    return std::nullopt;
  }
  state_lock_ = std::move(*lock);
  const dnschain::StateStore store(directory);
  auto loaded = store.load();
  if (!loaded) {
    log_.error("start_failed", {{"error", loaded.error().context}});
    return std::nullopt;
  }
  if (!loaded->set_aside.empty())
    log_.warning("state", {{"result", "set_aside"}, {"detail", loaded->set_aside}});
  return ChainMemory{store, std::move(loaded->state)};
}

int Daemon::run() {
  std::signal(SIGPIPE, SIG_IGN);
  apply_limits();
  auto memory = recall();
  if (!memory) return 1;
  pinned_names_ = memory->pinned_names();
  certificates_ = memory_.recall(config_, memory->state, wall_now());
  if (!bind() || !make_workers()) return 1;
  const auto terminate = loop_->make_signal(SIGTERM, [this] { stop(); });
  const auto interrupt = loop_->make_signal(SIGINT, [this] { stop(); });
  const auto hang_up = loop_->make_signal(SIGHUP, [this] { reload(); });
  const auto user = loop_->make_signal(SIGUSR1, [this] { log_counters(); });
  chains_ = std::make_unique<ChainService>(
      *loop_, log_, keeper_settings(config_), resolver_settings(config_), std::move(*memory),
      [this](const std::shared_ptr<const dnschain::ChainTable>& table) { on_chains(table); },
      [this] { open(); });
  memory_.remember(config_);
  startup_timer_->set(loop_->now() + config_.chain.startup_wait);
  ticket_timer_->set(loop_->now() + config_.tls.ticket_rotation);
  anchor_timer_->set(loop_->now() + kAnchorWatch);
  loop_->run();
  // Threads end before the last figures are read.
  log_counters();
  workers_.clear();
  log_.info("stop", {{"status", std::to_string(status_)}});
  return status_;
}

void Daemon::on_chains(const std::shared_ptr<const dnschain::ChainTable>& table) {
  for (const auto& worker : workers_) worker->set_chains(table);
  // Not from in here: this is the chain service's own turn.
  if (!certificates_.empty()) release_timer_->set(loop_->now());
}

bool Daemon::bind() {
  for (const Endpoint& endpoint : config_.server.listen) {
    auto sockets = bind_sockets(endpoint, config_.server.workers);
    if (!sockets) {
      log_.error("start_failed", {{"error", "cannot listen on " + sockets.error().context}});
      return false;
    }
    listening_.push_back(std::move(*sockets));
  }
  return true;
}

bool Daemon::make_workers() {
  const Config config = with_stand_ins(config_, pinned_names_);
  for (unsigned i = 0; i < config.server.workers; ++i) {
    auto worker = std::make_unique<Worker>(make_loop_(), worker_settings(config_), limits_, *this);
    auto context = make_context(config, worker->chain_source(), ticket_keys_);
    if (!context) {
      log_.error("start_failed", {{"error", context.error().context}});
      return false;
    }
    worker->set_context(std::move(*context));
    workers_.push_back(std::move(worker));
  }
  for (const auto& worker : workers_) worker->start();
  return true;
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

/// Lets clients in, once: when the first chains are there, or have been waited for long enough.
void Daemon::open() {
  if (std::exchange(open_, true)) return;
  startup_timer_->clear();
  for (ListeningSockets& sockets : listening_) {
    const auto started = start_listening(sockets, config_.server.backlog);
    if (!started) {
      log_.error("start_failed", {{"error", "cannot listen on " + started.error().context}});
      status_ = 1;
      return loop_->stop();
    }
    hand_over(sockets);
  }
  log_.info("start", {{"version", version_},
                      {"listen", addresses(listening_)},
                      {"workers", std::to_string(workers_.size())},
                      {"identities", std::to_string(config_.identities.size())},
                      {"chains", std::to_string(chains_->table()->chains().size())},
                      {"config", file_}});
}

void Daemon::hand_over(ListeningSockets& sockets) {
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    workers_[i]->listen(sockets.bound, std::move(sockets.sockets[i]), config_.server.backlog);
  }
  sockets.sockets.clear();
}

void Daemon::on_upstream_state(const Endpoint& server, UpstreamState state,
                               std::string_view reason) {
  inbox_.post(UpstreamNews{server, state, std::string(reason)});
}

void Daemon::on_listen_failed(const Endpoint& name, std::string_view reason) {
  inbox_.post(ListenFailed{name, std::string(reason)});
}

// The log may be written from any thread, and hostile clients are not to fill the inbox.
void Daemon::on_handshake_failed(const Endpoint& client, const HandshakeFailure& why) {
  if (!log_.writes(LogLevel::debug)) return;
  std::vector<Field> fields{{"client", client.text()}, {"reason", std::string(why.reason)}};
  if (why.alert) {
    fields.push_back(
        {why.from_client ? "alert_received" : "alert_sent", tlsext::alert_name(*why.alert)});
  }
  log_.debug("handshake_failed", fields);
}

void Daemon::on_drained() {
  inbox_.post(Drained{});
}

void Daemon::hear(News&& news) {
  std::visit([this](const auto& one) { report(one); }, news);
}

void Daemon::report(const Drained&) {
  if (++drained_ == workers_.size()) loop_->stop();
}

/// The worker's socket is closed by now, so that the kernel gives its clients to the others.
void Daemon::report(const ListenFailed& news) {
  log_.error(reloaded_ ? "reload" : "start",
             {{"result", "partial"},
              {"error", "a worker cannot listen on " + news.name.text() + ": " + news.reason},
              {"detail", "the other workers and addresses go on"}});
}

void Daemon::report(const UpstreamNews& upstream) {
  // Every worker tells; a line is for a change of the resolver, not for each who noticed it.
  const auto [known, first] = upstream_states_.try_emplace(upstream.server, upstream.state);
  if (!first && known->second == upstream.state) return;
  known->second = upstream.state;
  std::vector<Field> fields{{"server", upstream.server.text()},
                            {"state", state_text(upstream.state)}};
  if (!upstream.reason.empty()) fields.push_back({"reason", upstream.reason});
  const bool up = upstream.state == UpstreamState::up;
  log_.write(up ? LogLevel::info : LogLevel::warning, "upstream", fields);
}

void Daemon::rotate_ticket_keys() {
  ticket_keys_ = ticket_keys_->rotated(ticket_keys_kept(config_.tls));
  if (config_.tls.tickets) {
    for (const auto& worker : workers_) worker->set_ticket_keys(ticket_keys_);
  }
  ticket_timer_->set(loop_->now() + config_.tls.ticket_rotation);
}

/// Certificates that waited for their TLSA record, when it is there.
void Daemon::release_certificates() {
  Config config = config_;
  const auto now = chains_->now();
  const auto names = certificates_.release(config, *chains_->table(), now);
  if (const auto next = certificates_.next_release()) {
    release_timer_->set(loop_->now() + std::max(*next - now, std::chrono::seconds{1}));
  }
  if (names.empty()) return;
  const auto contexts = make_contexts(config);
  if (!contexts) {
    release_timer_->set_earlier(loop_->now() + kReleasePause);
    return log_.error("certificate", {{"state", "failed"},
                                      {"error", contexts.error().context},
                                      {"detail", "it is tried again; the old one stays in use"}});
  }
  certificates_.forget(names);
  config_ = std::move(config);
  for (std::size_t i = 0; i < workers_.size(); ++i) workers_[i]->set_context((*contexts)[i]);
  memory_.remember(config_);
  chains_->reconfigure(keeper_settings(config_), resolver_settings(config_));
  for (const auto& name : names) log_.info("certificate", {{"name", name}, {"state", "in_use"}});
}

tlsext::Result<Daemon::Contexts> Daemon::make_contexts(const Config& config) {
  const Config with_pinned = with_stand_ins(config, chains_->pinned_names());
  Contexts out;
  for (const auto& worker : workers_) {
    auto context = make_context(with_pinned, worker->chain_source(), ticket_keys_);
    if (!context) return tl::make_unexpected(context.error());
    out.push_back(std::move(*context));
  }
  return out;
}

/// The trust anchor is read again when its file has changed.
void Daemon::watch_anchor() {
  anchor_timer_->set(loop_->now() + kAnchorWatch);
  memory_.remember(config_);
  if (!config_.chain.anchor) return;
  const auto text = read_file(config_.chain.anchor_file);
  const std::string fault = text ? "" : text.error().context;
  if (fault != std::exchange(anchor_fault_, fault)) {
    const Field file{"file", config_.chain.anchor_file};
    if (text) {
      log_.info("trust_anchor", {{"result", "readable"}, file});
    } else {
      log_.warning("trust_anchor", {{"result", "unreadable"},
                                    file,
                                    {"error", fault},
                                    {"detail", "the one that was read last stays in use"}});
    }
  }
  if (!text || *text == config_.chain.anchor_text) return;
  config_.chain.anchor_text = *text;
  auto anchor = dnschain::TrustAnchor::parse(*text, config_.chain.anchor_file);
  if (!anchor) {
    return log_.error("trust_anchor", {{"result", "refused"}, {"error", anchor.error().context}});
  }
  config_.chain.anchor = std::move(*anchor);
  chains_->reconfigure(keeper_settings(config_), resolver_settings(config_));
  log_.info("trust_anchor", {{"result", "reloaded"}, {"file", config_.chain.anchor_file}});
}

void Daemon::stop() {
  if (std::exchange(stopping_, true) || !open_) return loop_->stop();
  log_.info("stopping", {{"connections", std::to_string(limits_.connections())}});
  for (const auto& worker : workers_) worker->drain(config_.server.drain_time);
}

void Daemon::log_counters() {
  std::vector<const WorkerCounters*> all;
  for (const auto& worker : workers_) all.push_back(&worker->counters());
  LoadMetrics load;
  load.now = limits_.connections();
  load.clients = limits_.clients();
  KeeperMetrics keeper = chains_->metrics();
  keeper.certificates_held = certificates_.size();
  log_metrics(load, service_metrics(all, keeper), log_);
}

}  // namespace mooring::server
