// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/io/inbox.hpp"
#include "server/observe/log.hpp"
#include "server/worker/worker.hpp"

namespace mooring::server {

/// Brings what happens in workers from their threads to one loop.
class WorkerEvents final : public WorkerObserver {
 public:
  /// Called on the loop, in the order in which it happened.
  struct Handlers {
    std::function<void(const Endpoint& server, UpstreamState state, const std::string& reason)>
        upstream_state;
    std::function<void(const Endpoint& name, const std::string& reason)> listen_failed;
    std::function<void()> drained;  ///< once for each worker
    /// Answers to Worker::give() and take(): whoever calls those is to set these.
    std::function<void(std::uint64_t tag, std::vector<Parcel> parcels, const Remaining& remaining)>
        given = {};
    std::function<void(std::uint64_t tag, const Taken& taken)> taken = {};
    /// For whoever calls Worker::take_watched().
    std::function<void(std::uint64_t number)> over = {};
  };

  /// `loop` and `log` must outlive this, and this the workers.
  WorkerEvents(Loop& loop, Log& log, Handlers handlers);

  void on_upstream_state(const Endpoint& server, UpstreamState state,
                         std::string_view reason) override;
  void on_listen_failed(const Endpoint& name, std::string_view reason) override;
  /// Logs it, at debug.
  void on_handshake_failed(const Endpoint& client, const HandshakeFailure& why) override;
  void on_given(std::uint64_t tag, std::vector<Parcel> parcels,
                const Remaining& remaining) override;
  /// Logs what was refused.
  void on_taken(std::uint64_t tag, const Taken& taken) override;
  void on_over(std::uint64_t number) override;
  void on_drained() override;

 private:
  struct UpstreamStateChanged {
    Endpoint server;
    UpstreamState state;
    std::string reason;
  };
  struct ListenFailed {
    Endpoint name;
    std::string reason;
  };
  struct SessionsGiven {
    std::uint64_t tag;
    std::vector<Parcel> parcels;
    Remaining remaining;
  };
  struct SessionsTaken {
    std::uint64_t tag;
    Taken taken;
  };
  struct SessionOver {
    std::uint64_t number;
  };
  struct Drained {};
  using Event = std::variant<UpstreamStateChanged, ListenFailed, SessionsGiven, SessionsTaken,
                             SessionOver, Drained>;

  void deliver(const UpstreamStateChanged& event) const;
  void deliver(const ListenFailed& event) const;
  void deliver(SessionsGiven& event) const;
  void deliver(const SessionsTaken& event) const;
  void deliver(const SessionOver& event) const;
  void deliver(const Drained& event) const;

  Log& log_;
  Handlers handlers_;
  Inbox<Event> inbox_;
};

}  // namespace mooring::server
