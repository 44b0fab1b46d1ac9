// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dnschain/keep/keeper_state.hpp"
#include "server/base/parcel.hpp"
#include "server/chain/certificate_store.hpp"
#include "server/control/channel.hpp"
#include "server/io/listening_sockets.hpp"
#include "server/ops/counter_totals.hpp"
#include "tlsext/tickets/ticket_keys.hpp"

namespace mooring::server {

/// The protocol of a take-over, with what a parcel has in it. Two programs that have not the same
/// do not begin.
inline constexpr unsigned kTakeOverProtocol = 1;

/// What the two processes tell each other, in frames with these types. First the predecessor sends
/// what it has, but for the sessions, up to `complete`. Then the successor says `ready` or
/// `refused`; at `begin` it takes connections. Each `sessions` is answered by `taken` before
/// anything is done with it; after the last one comes `done`, answered likewise.
enum class TakeOverMessage : std::uint8_t {
  listening = 1,  ///< an address, and sockets that listen there
  control,        ///< the control socket
  revocation,     ///< an eventfd: written to when the predecessor goes on by itself
  state_lock,     ///< the lock of the state directory
  ticket_keys,
  chains,        ///< what the keeper would store
  certificates,  ///< those in use, with their keys
  counters,
  complete,  ///< how many sessions there are
  ready,
  refused,  ///< why, as text
  begin,
  sessions,  ///< numbered from 1
  taken,     ///< the number of those that belong to the successor now; kEverything after `done`
  done,
};

inline constexpr std::uint32_t kEverything = 0;

/// What a successor goes on with, but for the sessions.
struct Inheritance {
  std::vector<ListeningSockets> listening;
  OwnedFd control;
  OwnedFd revocation;
  OwnedFd state_lock;  ///< none: the predecessor has no state directory
  std::shared_ptr<const tlsext::TicketKeySet> ticket_keys;
  Milliseconds until_rotation{0};  ///< of those keys
  dnschain::KeeperState chains;
  std::vector<KeptCertificate> certificates;
  CounterTotals counters;
  std::size_t sessions = 0;  ///< that will follow, about
};

/// As frames, `complete` the last of them. The descriptors stay those of `all`, which must live
/// until they are sent. An error when something is too big.
[[nodiscard]] Result<std::vector<OutFrame>> to_frames(const Inheritance& all);

/// Puts it together again.
class InheritanceReader {
 public:
  /// Returns whether it is complete; an error for what to_frames() has not made.
  [[nodiscard]] Result<bool> add(Frame frame);
  [[nodiscard]] Inheritance take() { return std::move(all_); }

 private:
  [[nodiscard]] bool add_sockets(Frame& frame);
  [[nodiscard]] bool add_value(TakeOverMessage type, ByteView body);

  Inheritance all_;
};

/// Sessions under way; the number comes back in `taken`.
struct SessionBatch {
  std::uint32_t number = 0;
  std::vector<Parcel> parcels;
};

/// Octets of a frame of sessions before those of its parcels, and before each of these.
inline constexpr std::size_t kBatchHead = 6;
inline constexpr std::size_t kParcelHead = 4;

/// The descriptors stay those of `batch`. None when there is no memory for it.
[[nodiscard]] std::optional<OutFrame> to_frame(const SessionBatch& batch);
[[nodiscard]] std::optional<SessionBatch> sessions_in(Frame frame);

[[nodiscard]] OutFrame message(TakeOverMessage type, ByteView body = {});
[[nodiscard]] OutFrame message(TakeOverMessage type, const CounterTotals& totals);
[[nodiscard]] OutFrame message(TakeOverMessage type, std::uint32_t number);
[[nodiscard]] std::optional<std::uint32_t> number_in(ByteView body);
[[nodiscard]] std::string text_in(ByteView body);

}  // namespace mooring::server
