// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>

#include "server/client/group.hpp"
#include "server/client/peer.hpp"
#include "server/client/session_snapshot.hpp"
#include "server/client/shared_facts.hpp"
#include "server/client/transport.hpp"
#include "server/memory/cell_pool.hpp"
#include "tlsext/server/frozen_session.hpp"

namespace mooring::server {

/// What is left of an open session that has nothing to do: its frozen TLS, who its client is, and
/// the end of its idle time, which goes on. ClientSession::sleep() makes it and
/// ClientSession::wake() ends it.
class SleepingSession final : public TimedSession, public InCells {
 public:
  /// Takes the place of an awake session in the group's list of idle ones. `group` and `transport`
  /// as for ClientSession; `received` are the whole messages so far.
  SleepingSession(SessionGroup& group, ClientTransport& transport, const Peer& peer,
                  std::uint64_t received, tlsext::FrozenSession frozen);
  /// Ends it without ceremony, if it is neither closed nor taken.
  ~SleepingSession();
  SleepingSession(const SleepingSession&) = delete;
  SleepingSession& operator=(const SleepingSession&) = delete;

  /// The client has ended or reset the TCP connection.
  void on_end(StreamEnd how);
  /// There is no memory to wake with.
  void give_up();
  /// All that it is, for an awake one to go on with; this can only be given up or destroyed after
  /// it. Always succeeds, as ClientSession::give() does not.
  [[nodiscard]] tlsext::Result<SessionSnapshot> give(TimePoint now);

  [[nodiscard]] SessionGroup& group() const { return group_; }
  [[nodiscard]] ClientTransport& transport() const { return transport_; }
  [[nodiscard]] const Peer& peer() const { return peer_; }

 private:
  enum class State : std::uint8_t { asleep, taken, closed };

  void on_phase_timeout(TimePoint now) override;
  void end(Counter& reason) override { close_politely(reason); }
  void close_politely(Counter& reason) override;
  void close(CloseMode mode, Counter& reason);
  [[nodiscard]] tlsext::FrozenSession take();
  void woken();

  SessionGroup& group_;
  ClientTransport& transport_;
  const Peer peer_;
  tlsext::SecretSlot keys_;
  const SharedFacts::Share facts_;
  std::unique_ptr<const tlsext::Bytes> unread_;  ///< null: none
  const std::uint64_t received_;
  const std::uint8_t keys_size_;
  State state_ = State::asleep;
};

}  // namespace mooring::server
