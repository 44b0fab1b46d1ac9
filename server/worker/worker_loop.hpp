// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "server/io/loop.hpp"
#include "server/upstream/random_ids.hpp"
#include "server/worker/client_connection.hpp"
#include "server/worker/upstream_links.hpp"
#include "server/worker/worker.hpp"

namespace mooring::server {

/// The chains that a worker may serve now. Owned by the worker and by every context whose
/// handshakes look into it, all on the worker's thread.
struct ChainSlot {
  std::shared_ptr<const dnschain::ChainTable> table;

  /// Null when there is none for the name and port, or it is past its end (RFC 9102, 2.1).
  [[nodiscard]] tlsext::ChainBytes find(std::string_view name, std::uint16_t port) const;
};

/// All that a worker has on its loop. Made by another thread and then used by the loop's alone.
class WorkerLoop final : public ConnectionHost, public UpstreamObserver {
 public:
  /// `loop`, `limits` and `observer` must outlive it.
  WorkerLoop(Loop& loop, WorkerSettings settings, ClientLimits& limits, WorkerObserver& observer);
  ~WorkerLoop();

  [[nodiscard]] const std::shared_ptr<ChainSlot>& chains() const { return chains_; }
  [[nodiscard]] const WorkerCounters& counters() const { return counters_; }
  /// The loop's run() returns.
  void stop() { loop_.stop(); }

  void set_context(std::shared_ptr<tlsext::ServerContext> context);
  void set_ticket_keys(const std::shared_ptr<const tlsext::TicketKeySet>& keys);
  void set_settings(WorkerSettings settings);
  void listen(const Endpoint& name, OwnedFd socket, int backlog);
  void stop_listening(const Endpoint& name);
  void give(const GiveOrder& order);
  void give_when_open(const std::optional<StandingOrder>& order) { standing_order_ = order; }
  void take(std::uint64_t tag, std::vector<Parcel> parcels);
  void take_watched(std::uint64_t number, Parcel parcel);
  void drain(Milliseconds wait);

 private:
  using Ending = List<ClientConnection>;

  void session_opened(ClientConnection& connection) override;
  void session_ended(ClientConnection& connection) override;
  void handshake_failed(ClientConnection& connection, const HandshakeFailure& why) override;
  void end_within(ClientConnection& connection, EndWait why) override;
  void done(ClientConnection& connection) override;
  void on_upstream_state(std::size_t server, UpstreamState state, std::string_view reason) override;

  void on_connection(Result<std::unique_ptr<Stream>> accepted, std::uint16_t listener);
  [[nodiscard]] std::uint16_t number_of(const Endpoint& listener);
  [[nodiscard]] std::vector<Parcel> give(const std::vector<ClientConnection*>& chosen,
                                         Remaining& remaining);
  [[nodiscard]] Result<std::optional<Parcel>> give(ClientConnection& connection);
  void give_opened();
  [[nodiscard]] Result<ClientConnection*> go_on(ParcelContent content);
  [[nodiscard]] Result<ClientConnection*> take(Parcel parcel);
  void destroy(ClientConnection& connection);
  void on_time();
  void end_drain(TimePoint now);
  void end_turn();
  [[nodiscard]] std::optional<TimePoint> next_deadline() const;
  void count_chains();

  Loop& loop_;
  WorkerSettings settings_;
  WorkerObserver& observer_;
  WorkerCounters counters_;
  AdmissionControl admission_;
  tlsext::ServerCounters counted_;  ///< of the context, what the counters have already
  std::shared_ptr<ChainSlot> chains_ = std::make_shared<ChainSlot>();
  std::shared_ptr<tlsext::ServerContext> context_;
  RandomIds ids_;
  UpstreamLinks links_;
  UpstreamPool upstream_;
  BufferPool buffers_;
  SessionGroup sessions_;
  CellPool connections_;
  std::unique_ptr<Timer> timer_;
  SecretArena parcels_;        ///< for what is given away
  tlsext::SecretMemory keys_;  ///< of sessions on their way in or out
  std::vector<std::pair<Endpoint, std::unique_ptr<Listener>>> listeners_;
  std::vector<Endpoint> listener_names_;  ///< also of those that are gone; Peer::listener counts
  List<ClientConnection, LiveTag> live_;  ///< all connections; owns them
  Ending sending_;                        ///< without a session, those that end first in front
  Ending lingering_;
  std::optional<StandingOrder> standing_order_;
  std::vector<ClientConnection*> opened_;  ///< in this turn, to be given for that order
  std::unordered_map<const ClientConnection*, std::uint64_t> watched_;  ///< with their numbers
  std::vector<ClientConnection*> ended_;  ///< whose session is to be freed
  std::vector<ClientConnection*> done_;   ///< to be destroyed
  std::optional<TimePoint> drained_at_;   ///< draining, until this moment at the latest
  bool farewell_ = false;                 ///< that moment has come once
};

}  // namespace mooring::server
