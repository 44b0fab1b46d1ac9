// SPDX-License-Identifier: GPL-3.0-or-later
//
// The service as predecessor and as successor of another process.
#include <unistd.h>

#include <utility>

#include "server/base/wall_time.hpp"
#include "server/ops/daemon.hpp"
#include "server/ops/descriptors.hpp"
#include "server/ops/metrics_log.hpp"
#include "server/ops/program.hpp"
#include "server/ops/service_manager.hpp"

namespace mooring::server {

namespace {

/// How often a process that lets nobody in looks whether its last client has gone.
constexpr Milliseconds kLastClients{500};

}  // namespace

Upgrade::Program Daemon::successor() const {
  return {own_program(), {"-c", file_, "--take-over"}};
}

Upgrade::Service Daemon::upgrade_service() {
  return {[this] { return upgrade_obstacle(); },
          [this] { return inheritance(); },
          [this] { enter_hand_over(); },
          {[this] { listening_.pause(); }, [this] { return workers_.size(); },
           [this](const GiveOrder& order) { workers_.give(order); },
           [this](std::size_t worker, std::vector<Parcel> parcels) {
             workers_.take(worker, std::move(parcels));
           },
           [this] { return totals_of(metrics()); },
           [](int pid) { tell_service_manager("MAINPID=" + std::to_string(pid)); },
           [this](const HandedOver&) { on_handed_over(); },
           [this](const std::string&) { on_not_handed_over(); }},
          [this](Asked asked) { move(std::move(asked)); }};
}

std::string Daemon::upgrade_obstacle() const {
  if (handover_) return "with [handover] the service has to be restarted";
  if (phase_ != Phase::serving || succeeded_) return "the service does not serve now";
  const bool taking = inherited_ && inherited_->control.get() >= 0;
  return taking ? "this process is still taking over from another one" : "";
}

Result<Inheritance> Daemon::inheritance() const {
  Inheritance out;
  auto listening = listening_.copies();
  if (!listening) return tl::make_unexpected(listening.error());
  out.listening = std::move(*listening);
  if (state_lock_) {
    out.state_lock = state_lock_->copy();
    if (out.state_lock.get() < 0) return failure(kNoDescriptors);
  }
  out.ticket_keys = tickets_.keys();
  out.until_rotation = tickets_.until_rotation();
  out.chains = chains_->state();
  out.certificates = certificates_in_use(config_);
  out.counters = totals_of(metrics());
  out.sessions = limits_.connections();
  return out;
}

/// What is stored from here on is the successor's to store.
void Daemon::enter_hand_over() {
  enter(Phase::handing_over);
  chains_->set_storing(false);
}

/// What is left is about to end anyway.
void Daemon::on_handed_over() {
  succeeded_ = true;
  state_lock_.reset();
  drain();
}

void Daemon::on_not_handed_over() {
  if (phase_ != Phase::handing_over) return;
  tell_service_manager("MAINPID=" + std::to_string(::getpid()));
  chains_->set_storing(true);
  listening_.go_on();
  enter(Phase::serving);
  if (stop_wanted_) stop();
}

/// At the start: asks the predecessor for all that is not a session.
Result<void> Daemon::ask_for_inheritance() {
  if (config_.control.socket.empty()) {
    return failure("without control.socket there is nobody to take over from");
  }
  auto predecessor = ask_predecessor(config_.control.socket, version_);
  if (!predecessor) return tl::make_unexpected(predecessor.error());
  inherited_ = std::move(predecessor->inheritance);
  const std::size_t room = descriptors_for_connections(config_, raise_file_limit());
  before_ = inherited_->counters;
  tickets_.inherit(inherited_->ticket_keys, inherited_->until_rotation);
  taking_over_ = std::make_unique<TakingOver>(
      *loop_, std::move(predecessor->channel), std::move(inherited_->revocation),
      TakingOver::Service{[this] { let_in(); },
                          [this](std::vector<Parcel> parcels) {
                            taken_ += parcels.size();
                            workers_.take(next_taker_++, std::move(parcels));
                          },
                          [this](const CounterTotals& totals) { before_ = totals; },
                          [this] { on_taken_over(); },
                          [this](const std::string& why) { on_alone(why); },
                          [this](const std::string& why) { on_revoked(why); }});
  if (inherited_->sessions <= room) return {};
  return failure("of " + std::to_string(inherited_->sessions) + " sessions " +
                 std::to_string(room) + " fit: too few files may be open (RLIMIT_NOFILE)");
}

void Daemon::on_taken_over() {
  log_.info("take_over", {{"result", "done"}, {"sessions", std::to_string(taken_)}});
  upgrade_.open(std::move(inherited_->control));
  tell_service_manager("READY=1");
}

/// What has come is all that there is.
void Daemon::on_alone(const std::string& why) {
  if (phase_ == Phase::starting) let_in();
  if (phase_ != Phase::serving) return;
  log_.warning("take_over", {{"result", "alone"},
                             {"error", why},
                             {"sessions", std::to_string(taken_)},
                             {"detail", "this process goes on with what has come"}});
  tell_service_manager("READY=1");
  upgrade_.open(std::move(inherited_->control));
}

/// The other process serves on. What this one has acknowledged is its own until it ends.
void Daemon::on_revoked(const std::string& why) {
  log_.error("take_over", {{"result", "failed"},
                           {"error", why},
                           {"sessions", std::to_string(taken_)},
                           {"detail",
                            "this process lets nobody in, and ends with the last session "
                            "that it has"}});
  status_ = 1;
  succeeded_ = true;
  chains_->set_storing(false);
  // Nothing that the other process, or one after it, needs for itself.
  inherited_.reset();
  state_lock_.reset();
  if (phase_ == Phase::draining) return;
  if (phase_ != Phase::serving) return end();
  listening_.close();
  last_clients_ = loop_->make_timer([this] { await_last_client(); });
  await_last_client();
}

void Daemon::await_last_client() {
  if (limits_.connections() == 0) return stop();
  last_clients_->set(loop_->now() + kLastClients);
}

std::vector<MetricValues> Daemon::metrics() const {
  KeeperMetrics keeper = chains_->metrics();
  keeper.certificates_held = certificates_.size();
  auto out = service_metrics(workers_.counters(), keeper);
  add_totals(before_, out);
  return out;
}

}  // namespace mooring::server
