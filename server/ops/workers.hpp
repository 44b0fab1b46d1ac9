// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "server/chain/identities.hpp"
#include "server/client/limits.hpp"
#include "server/config/config.hpp"
#include "server/io/listening_sockets.hpp"
#include "server/io/loop.hpp"
#include "server/worker/worker.hpp"

namespace mooring::server {

/// The workers of the service. All are told the same.
class Workers {
 public:
  using Keys = std::shared_ptr<const tlsext::TicketKeySet>;
  using Contexts = std::vector<std::shared_ptr<tlsext::ServerContext>>;
  using ContextMaker = std::function<decltype(make_context)>;

  /// `limits` and `observer` must outlive this.
  Workers(LoopFactory make_loop, ClientLimits& limits, WorkerObserver& observer,
          ContextMaker make_context = server::make_context)
      : make_loop_(std::move(make_loop)),
        limits_(limits),
        observer_(observer),
        make_context_(std::move(make_context)) {}

  /// Makes as many as `config` wants and starts them; `pinned_names` as for make_contexts(). May
  /// throw std::runtime_error, as their loops do.
  [[nodiscard]] Result<void> start(const Config& config,
                                   const std::vector<std::string>& pinned_names, const Keys& keys);
  /// A context for each worker. Identities stand in for `pinned_names` that are not configured.
  [[nodiscard]] Result<Contexts> make_contexts(const Config& config,
                                               const std::vector<std::string>& pinned_names,
                                               const Keys& keys) const;
  /// Ends their threads.
  void clear() { workers_.clear(); }
  [[nodiscard]] std::size_t size() const { return workers_.size(); }
  [[nodiscard]] std::vector<const WorkerCounters*> counters() const;
  /// How many times a session has fallen asleep.
  [[nodiscard]] std::uint64_t slept() const;
  /// Sessions that are asleep now.
  [[nodiscard]] std::uint64_t asleep() const;

  /// What make_contexts() gave.
  void set_contexts(const Contexts& contexts);
  void set_settings(const WorkerSettings& settings);
  void set_chains(const std::shared_ptr<const dnschain::ChainTable>& chains);
  void set_ticket_keys(const Keys& keys);
  /// Each takes connections from its share of the sockets, which listen already.
  void listen(const ListeningSockets& at, int backlog);
  void stop_listening(const Endpoint& bound);
  /// To the worker with the order's tag.
  void give(const GiveOrder& order) { workers_.at(order.tag)->give(order); }
  void give(std::size_t worker, const GiveOrder& order) { workers_.at(worker)->give(order); }
  /// Sessions that were given, to one of the workers.
  void take(std::size_t worker, std::vector<Parcel> parcels) {
    workers_.at(worker % workers_.size())->take(worker, std::move(parcels));
  }
  void give_when_open(const std::optional<StandingOrder>& order) {
    for (const auto& worker : workers_) worker->give_when_open(order);
  }
  /// A session of another host's, to one of the workers.
  void take_watched(std::uint64_t number, Parcel parcel) {
    workers_.at(number % workers_.size())->take_watched(number, std::move(parcel));
  }
  void drain(Milliseconds wait);

 private:
  LoopFactory make_loop_;
  ClientLimits& limits_;
  WorkerObserver& observer_;
  ContextMaker make_context_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace mooring::server
