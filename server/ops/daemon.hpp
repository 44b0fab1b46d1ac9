// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/chain/certificate_memory.hpp"
#include "server/chain/service.hpp"
#include "server/config/config.hpp"
#include "server/io/loop.hpp"
#include "server/observe/log.hpp"
#include "server/ops/anchor_watch.hpp"
#include "server/ops/certificate_release.hpp"
#include "server/ops/handover.hpp"
#include "server/ops/heap_trim.hpp"
#include "server/ops/listening.hpp"
#include "server/ops/moving.hpp"
#include "server/ops/phase.hpp"
#include "server/ops/reload.hpp"
#include "server/ops/state_lock.hpp"
#include "server/ops/taking_over.hpp"
#include "server/ops/ticket_rotation.hpp"
#include "server/ops/upgrade.hpp"
#include "server/ops/upstream_state_log.hpp"
#include "server/ops/worker_events.hpp"
#include "server/ops/workers.hpp"

namespace mooring::server {

/// The whole service: joins the workers, the chains that they serve, signals and reloads. Lives on
/// the main thread.
class Daemon {
 public:
  /// `config` is what `file` holds, checked; `file` is read again at a reload. `make_loop` makes
  /// the loop of the main thread and one for each worker. With `takes_over` it takes the place of
  /// the process that serves at the control socket. `log` must outlive this. May throw
  /// std::runtime_error.
  Daemon(std::string file, Config config, std::string version, Log& log, LoopFactory make_loop,
         bool takes_over = false);

  /// Serves until a signal ends it. The process's exit status.
  [[nodiscard]] int run();

 private:
  [[nodiscard]] CertificateRelease::Service release_service();
  [[nodiscard]] Result<Workers::Contexts> make_contexts(const Config& config) const;
  [[nodiscard]] Result<ChainMemory> load_memory();
  [[nodiscard]] Result<void> prepare();
  void apply_limits();
  [[nodiscard]] Result<void> start();
  [[nodiscard]] Result<void> open_control();
  [[nodiscard]] Result<void> start_handover();
  void give_to_backends();
  void end_handover();
  void move(Asked asked);
  [[nodiscard]] Result<std::size_t> may_move_to(const std::string& peer) const;
  void on_moved(const SessionsMoved& what);
  void on_given(std::uint64_t tag, std::vector<Parcel> parcels, const Remaining& left);
  void serve();
  void open();
  void let_in();
  void stop();
  void end();
  void enter(Phase next);
  void log_counters();
  [[nodiscard]] std::vector<MetricValues> metrics() const;

  [[nodiscard]] Upgrade::Program successor() const;
  [[nodiscard]] Upgrade::Service upgrade_service();
  [[nodiscard]] std::string upgrade_obstacle() const;
  [[nodiscard]] Result<Inheritance> inheritance() const;
  void enter_hand_over();
  void on_handed_over();
  void drain();
  void on_not_handed_over();
  [[nodiscard]] Result<void> ask_for_inheritance();
  void on_taken_over();
  void on_alone(const std::string& why);
  void on_revoked(const std::string& why);
  void await_last_client();

  void on_chains(const std::shared_ptr<const dnschain::ChainTable>& table);
  void on_listen_failed(const Endpoint& name, const std::string& reason);
  void on_drained();

  void reload();
  void apply(PreparedReload prepared);
  void refuse(const std::string& why);
  void use(Config config, const Workers::Contexts& contexts);
  void watch_files();
  void reconfigure_chains();

  const std::string file_;
  Config config_;
  const std::string version_;
  Log& log_;
  std::unique_ptr<Loop> loop_;
  ClientLimits limits_;
  WorkerEvents events_;
  Workers workers_;
  Listening listening_;
  UpstreamStateLog upstream_states_;
  TicketRotation tickets_;
  AnchorWatch anchor_;
  CertificateRelease certificates_;
  CertificateMemory certificate_memory_;
  std::optional<StateLock> state_lock_;
  std::unique_ptr<ChainService> chains_;
  const LoopFactory make_loop_;
  std::unique_ptr<Handover> handover_;  ///< null without [handover]
  std::unique_ptr<Moving> moving_;      ///< as well
  OwnedFd mover_;                       ///< who has asked for it
  Upgrade upgrade_;
  const bool takes_over_;
  std::optional<Inheritance> inherited_;  ///< what is not in use yet
  std::unique_ptr<TakingOver> taking_over_;
  CounterTotals before_;        ///< what predecessors have counted
  std::size_t taken_ = 0;       ///< sessions of the predecessor
  std::size_t next_taker_ = 0;  ///< the worker that gets the next of them
  bool succeeded_ = false;      ///< state and control socket are another process's
  bool stop_wanted_ = false;    ///< told to end
  std::unique_ptr<Timer> last_clients_;
  std::unique_ptr<Timer> startup_timer_;
  std::unique_ptr<Timer> watch_timer_;
  HeapTrim heap_trim_;
  Phase phase_ = Phase::starting;
  bool opened_ = false;                     ///< clients may be let in
  std::string_view last_change_ = "start";  ///< the event that brought about how things are
  std::size_t drained_ = 0;
  int status_ = 0;
};

}  // namespace mooring::server
