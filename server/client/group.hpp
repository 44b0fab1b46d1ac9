// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "server/base/bytes.hpp"
#include "server/client/timed_session.hpp"
#include "server/memory/buffer_pool.hpp"
#include "server/memory/intrusive_list.hpp"
#include "server/observe/metrics.hpp"
#include "server/upstream/pool.hpp"
#include "tlsext/server/context.hpp"

namespace mooring::server {

struct SessionSettings {
  std::size_t max_in_flight = 100;  ///< queries of one client; above, it is not read from
  /// Octets that wait for one client to take them; above, it is not read from; above sixteen times
  /// as much, which only the answers to what it has in flight can come to, it is closed.
  std::size_t max_waiting_octets = 128U << 10U;
  Milliseconds handshake_timeout{10'000};  ///< from accept to the end of the handshake
  Milliseconds idle_timeout{60'000};       ///< since the last whole query (RFC 7766, 6.2.3)
  Milliseconds write_timeout{10'000};      ///< for the client to take what was sent to it
  Milliseconds sleep_after{0};             ///< of being idle, as for idle_timeout; zero: never
};

class ClientSession;
class SleepingSession;
struct SleepTimerTag;
struct WriteTimerTag;
struct DirtyTag;
struct HolderTag;

/// What the sessions of one worker share: settings, buffers, timers, and the list of those that
/// have something to do at the end of this turn of the loop. Must outlive its sessions.
class SessionGroup final : private MemoryHolders {
 public:
  /// `buffers`, `upstream` and `counters` must outlive the group.
  SessionGroup(const SessionSettings& settings, BufferPool& buffers, UpstreamPool& upstream,
               Counters& counters);
  ~SessionGroup() { buffers_.set_holders(nullptr); }
  SessionGroup(const SessionGroup&) = delete;
  SessionGroup& operator=(const SessionGroup&) = delete;

  /// What sessions wake under. Must come before the first session.
  void set_context(std::shared_ptr<tlsext::ServerContext> context) {
    sleep_.context = std::move(context);
  }
  /// New settings, for sessions that exist as well: each keeps the timeout that runs, or gets the
  /// one that it would have if it began now, whichever ends earlier.
  void set(const SessionSettings& settings, TimePoint now);

  /// To be called once at the end of each turn of the loop: sends what has become ready, one send
  /// for a session and one for an upstream connection. Call it in the same turn after every other
  /// call to a session, to the group or to the upstream pool.
  void flush(TimePoint now);
  /// Does what is due. Call it when next_deadline() has come; any time is harmless. The upstream
  /// pool's own deadlines are not included.
  void on_time(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> next_deadline() const;

  /// No session takes new queries any more; each is closed once it has answered what it has, those
  /// still in the handshake at once. New sessions must not be made after this.
  void begin_drain();
  /// Closes all sessions now, without waiting for answers.
  void close_all();

  /// Sessions that are not closed, those asleep included.
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  friend class ClientSession;
  friend class SleepingSession;
  /// By the size of what they hold, in powers of two of kilobytes.
  static constexpr std::size_t kHoldings = 16;
  using Holders = List<ClientSession, HolderTag>;

  /// An open session that comes from elsewhere has an idle timeout that runs already. It may be
  /// taken for later than `deadline` by a small part of the timeout.
  void go_on(ClientSession& session, TimePoint deadline, TimePoint now);
  template <class Each>
  void visit_open(Each&& each) const;

  void put_to_sleep(TimePoint now);
  void abort_handshakes();
  bool reclaim(const Buffer& asking, std::size_t least) override;
  [[nodiscard]] static std::size_t holding_class(std::size_t octets);

  SessionSettings settings_;
  SleepStore sleep_;
  BufferPool& buffers_;
  UpstreamPool& upstream_;
  Counters& counters_;
  std::size_t size_ = 0;
  // Each timeout is the same for all, and set() cuts those that run, so that the lists are in the
  // order of their ends.
  List<TimedSession, PhaseTimerTag> handshaking_;
  List<TimedSession, PhaseTimerTag> established_;  ///< open or ending, awake or asleep
  /// Those that have come from elsewhere and sent no query since, by their deadlines in coarse
  /// steps: there are few of these, whatever the order in which sessions come.
  std::map<TimePoint, List<TimedSession, PhaseTimerTag>> resumed_;
  List<ClientSession, SleepTimerTag> to_sleep_;
  List<ClientSession, WriteTimerTag> writing_;
  List<ClientSession, DirtyTag> dirty_;
  /// Sessions that hold memory from turn to turn, those that have for longest in front; before the
  /// others those that have not sent one whole message.
  std::array<Holders, 2 * kHoldings> holders_;
  std::vector<std::byte> ciphertext_;  ///< gathered from TLS for one send; empty between calls
};

}  // namespace mooring::server
