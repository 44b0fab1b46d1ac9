// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "server/chain/certificate_memory.hpp"
#include "server/chain/certificate_switch.hpp"
#include "server/chain/identities.hpp"
#include "server/chain/service.hpp"
#include "server/config/config.hpp"
#include "server/io/inbox.hpp"
#include "server/io/listening_sockets.hpp"
#include "server/io/loop.hpp"
#include "server/observe/log.hpp"
#include "server/ops/state_lock.hpp"
#include "server/worker/worker.hpp"

namespace mooring::server {

/// The whole service: workers, the chains that they serve, signals and reloads. Lives on the main
/// thread.
class Daemon final : public WorkerObserver {
 public:
  /// `config` is what `file` holds, checked; `file` is read again at a reload. `log` must outlive
  /// this. `make_loop` is for its own thread and those of the workers. May throw
  /// std::runtime_error.
  Daemon(std::string file, Config config, std::string version, Log& log, LoopFactory make_loop);
  ~Daemon();

  /// Serves until a signal ends it. The process's exit status.
  [[nodiscard]] int run();

 private:
  struct UpstreamNews {
    Endpoint server;
    UpstreamState state;
    std::string reason;
  };
  struct ListenFailed {
    Endpoint name;
    std::string reason;
  };
  struct Drained {};
  using News = std::variant<UpstreamNews, ListenFailed, Drained>;

  void on_upstream_state(const Endpoint& server, UpstreamState state,
                         std::string_view reason) override;
  void on_listen_failed(const Endpoint& name, std::string_view reason) override;
  void on_handshake_failed(const Endpoint& client, const HandshakeFailure& why) override;
  void on_drained() override;

  [[nodiscard]] bool bind();
  [[nodiscard]] bool make_workers();
  std::optional<ChainMemory> recall();
  void apply_limits();
  void open();
  void hand_over(ListeningSockets& sockets);
  void hear(News&& news);
  void report(const UpstreamNews& news);
  void report(const ListenFailed& news);
  void report(const Drained& news);
  void on_chains(const std::shared_ptr<const dnschain::ChainTable>& table);
  void rotate_ticket_keys();
  void release_certificates();
  using Contexts = std::vector<std::shared_ptr<tlsext::ServerContext>>;
  /// One for each worker; or why there is none.
  [[nodiscard]] tlsext::Result<Contexts> make_contexts(const Config& config);
  void watch_anchor();
  void stop();
  void log_counters();

  void reload();
  struct Prepared;
  [[nodiscard]] std::optional<Prepared> prepare(Config config);
  void apply(Prepared prepared);
  void change_listening(std::vector<ListeningSockets> added);
  void refuse(const std::string& why);

  const std::string file_;
  Config config_;
  const std::string version_;
  Log& log_;
  LoopFactory make_loop_;
  std::unique_ptr<Loop> loop_;
  Inbox<News> inbox_;
  ClientLimits limits_;
  std::shared_ptr<const tlsext::TicketKeySet> ticket_keys_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<ListeningSockets> listening_;
  std::optional<StateLock> state_lock_;
  std::map<Endpoint, UpstreamState> upstream_states_;
  std::unique_ptr<ChainService> chains_;
  CertificateSwitch certificates_;
  CertificateMemory memory_;
  std::string anchor_fault_;               ///< why it could not be read; empty when it could
  std::vector<std::string> pinned_names_;  ///< at the start
  std::unique_ptr<Timer> startup_timer_;
  std::unique_ptr<Timer> ticket_timer_;
  std::unique_ptr<Timer> release_timer_;
  std::unique_ptr<Timer> anchor_timer_;
  bool open_ = false;
  bool reloaded_ = false;
  bool stopping_ = false;
  std::size_t drained_ = 0;
  int status_ = 0;
};

}  // namespace mooring::server
