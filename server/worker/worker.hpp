// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "dnschain/keep/keeper.hpp"
#include "server/base/endpoint.hpp"
#include "server/client/group.hpp"
#include "server/client/limits.hpp"
#include "server/client/session.hpp"
#include "server/io/loop.hpp"
#include "server/observe/metrics.hpp"
#include "server/upstream/pool.hpp"
#include "server/worker/giving.hpp"
#include "server/worker/settings.hpp"
#include "tlsext/server/context.hpp"

namespace mooring::server {

/// What one worker counts, for any thread to read.
struct WorkerCounters {
  Counters traffic;
  ChainCounters chains;
};

/// Hears of what happens in workers, on their threads.
class WorkerObserver {
 public:
  virtual void on_upstream_state(const Endpoint& server, UpstreamState state,
                                 std::string_view reason) = 0;
  /// A worker does not take connections at an address that it was told to listen on.
  virtual void on_listen_failed(const Endpoint& name, std::string_view reason) = 0;
  virtual void on_handshake_failed(const Endpoint& client, const HandshakeFailure& why) = 0;
  /// The answer to give(): each session in `parcels` is in the worker no more.
  virtual void on_given(std::uint64_t tag, std::vector<Parcel> parcels,
                        const Remaining& remaining) = 0;
  /// The answer to take().
  virtual void on_taken(std::uint64_t tag, const Taken& taken) = 0;
  /// A session that came by take_watched() is over.
  virtual void on_over(std::uint64_t /*number*/) {}
  /// A draining worker has no session left, and takes no more messages.
  virtual void on_drained() = 0;

 protected:
  ~WorkerObserver() = default;
};

/// A thread that serves clients: its own loop, listeners, sessions and upstream connections. It
/// shares nothing with others on the query path; news come to it as messages. All functions are to
/// be called from one thread, the one that made it.
class Worker {
 public:
  /// `limits` and `observer` must outlive the worker. May throw std::runtime_error.
  Worker(std::unique_ptr<Loop> loop, WorkerSettings settings, ClientLimits& limits,
         WorkerObserver& observer);
  /// Ends the thread without ceremony, if it still runs.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Starts the thread. Messages sent before are waiting for it.
  void start();

  /// Finds chains in what set_chains() gave; for the contexts that this worker will use.
  [[nodiscard]] tlsext::ChainSource chain_source() const;

  /// For new sessions from now on. Must come before listen().
  void set_context(std::shared_ptr<tlsext::ServerContext> context);
  void set_chains(std::shared_ptr<const dnschain::ChainTable> chains);
  void set_ticket_keys(std::shared_ptr<const tlsext::TicketKeySet> keys);
  void set_settings(WorkerSettings settings);
  /// Takes connections from a socket that listens with this backlog; `name` is for
  /// stop_listening().
  void listen(const Endpoint& name, OwnedFd socket, int backlog);
  void stop_listening(const Endpoint& name);
  /// Gives away sessions of its own: answered by on_given(), also when there are none to give. It
  /// goes on taking connections: what is not to grow any more is to stop listening before.
  void give(const GiveOrder& order);
  /// Gives each new session away when it has opened, together with those of the same turn of the
  /// loop: told by on_given(), whose `remaining` is empty but for `trouble`. None: no more of that.
  /// A session that comes back by take() is not given again.
  void give_when_open(const std::optional<StandingOrder>& order);
  /// Goes on with sessions that a worker has given, this one or another, of whatever process, as
  /// far as they can be gone on with: answered by on_taken(). No limit is asked: each of them was
  /// let in before. Must not come before set_context().
  void take(std::uint64_t tag, std::vector<Parcel> parcels);
  /// As take(), for one session of another host's: answered as with its number as tag; when it is
  /// over, on_over() comes, also when it could not be gone on with. One that is given away is not
  /// watched any more.
  void take_watched(std::uint64_t number, Parcel parcel);
  /// No new connections; every session ends once it has answered what it has, within `wait`.
  void drain(Milliseconds wait);

  [[nodiscard]] const WorkerCounters& counters() const;

 private:
  class Thread;
  std::unique_ptr<Thread> thread_;
};

}  // namespace mooring::server
