// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "server/base/bytes.hpp"
#include "server/observe/metrics.hpp"
#include "server/upstream/query.hpp"
#include "server/upstream/servers.hpp"

namespace mooring::server {

/// One TCP connection to a resolver, as an index below UpstreamSettings::connections + spare. The
/// number is used again once the connection is closed.
enum class UpstreamId : std::uint8_t {};

/// What carries the pool's connections. Called only from inside the pool's member functions; it
/// must not call the pool back from in there.
class UpstreamTransport {
 public:
  /// Starts to connect to the server with this number (counted from 0, in configured order). Ends
  /// in UpstreamPool::on_connected or on_closed. False: failed at once, nothing more will come.
  [[nodiscard]] virtual bool open(UpstreamId connection, std::size_t server) = 0;
  /// Sends all the octets, in one write if the kernel takes them, and keeps a copy of what it does
  /// not take. A failure is reported later, by on_closed.
  virtual void send(UpstreamId connection, ByteView octets) = 0;
  /// The resolver is to learn now that what it has sent has arrived, because it may hold back the
  /// rest until it does.
  virtual void acknowledge(UpstreamId connection) { static_cast<void>(connection); }
  /// Closes, whether connected or still connecting. No call about it may come after this until the
  /// number is opened again.
  virtual void close(UpstreamId connection) = 0;

 protected:
  ~UpstreamTransport() = default;
};

struct UpstreamSettings {
  std::size_t servers = 1;  ///< 1 to 64, used in order: the next only while those before are down
  std::size_t connections = 8;                ///< 1 to 56, those that are retired apart
  std::size_t in_flight_per_connection = 32;  ///< 1 to 4096; Unbound works on 32 at a time
  std::size_t waiting = 4096;                 ///< queries that wait for a place on a connection
  std::size_t query_octets = 16U << 20U;      ///< held for all queries in flight and waiting
  Milliseconds query_deadline{8'000};         ///< from submit() to the answer
  Milliseconds connect_timeout{3'000};
  Milliseconds idle_timeout{20'000};  ///< below Unbound's 30 s, so that we close first
  Milliseconds first_backoff{100};    ///< after a failure to connect; doubles up to
  Milliseconds last_backoff{400};     ///< so soon at the latest is a resolver that is back found
  Milliseconds grace{1'500};          ///< queries wait so long for a resolver that has just gone
  Milliseconds first_grace{0};        ///< the same for one that has not been there yet

  /// Connections beside `connections`, for those that are retired.
  [[nodiscard]] std::size_t spare() const { return std::max<std::size_t>(1, connections / 8); }
  bool operator==(const UpstreamSettings&) const = default;
};

/// The connections of one worker to its resolvers, shared by all its clients (RFC 7766, 6.2.1 and
/// 6.2.2): pipelined, answered in any order, with fresh unpredictable message IDs. A connection
/// that has room is filled before another is opened; when all are full queries wait in a bounded
/// queue, in which clients take turns (FairQueue). A connection on which too much stays unanswered
/// is retired: another takes its place, and it is closed when nobody waits for it any more.
/// Queries whose connection is lost, or stays silent for half the query deadline, are sent again on
/// another one; no more than once where a connection brings no answer at all, since some resolvers
/// close after each few answers. When no resolver can be reached, after a grace for one that has
/// just gone, queries fail at once, and only probes are sent while anybody asks. Owns no socket and
/// reads no clock.
class UpstreamPool {
 public:
  /// All the references must outlive the pool. `observer` may be null.
  UpstreamPool(const UpstreamSettings& settings, UpstreamTransport& transport, MessageIds& ids,
               UpstreamCounters& counters, UpstreamObserver* observer);
  /// Forgets all queries without a word to their owners; closes nothing.
  ~UpstreamPool();
  UpstreamPool(const UpstreamPool&) = delete;
  UpstreamPool& operator=(const UpstreamPool&) = delete;

  /// Takes a well-formed query and copies it. Ends in exactly one call of the owner's on_answer or
  /// on_failure, never from inside this function, unless the owner is cancelled before; or returns
  /// why it is not taken.
  [[nodiscard]] std::optional<QueryFailure> submit(QueryOwner& owner, const Query& query,
                                                   TimePoint now);
  /// For owners that are one client together: those of one network (none: an owner by itself).
  [[nodiscard]] PoolClientRef client(const std::optional<ClientAddress>& network);
  /// How many queries one owner may have in flight now, at most `limit`: when the queue of those
  /// that wait fills up, everybody gets less of it, so that nobody is turned away for others.
  /// Whoever has that many gets an answer and can ask again then.
  [[nodiscard]] std::size_t fair_share(std::size_t limit) const;
  /// The owner's queries whose end is still to come, in the order in which they were submitted.
  [[nodiscard]] static std::vector<QueryInFlight> in_flight(const QueryOwner& owner);
  /// Forgets whose the owner's queries are: no call to it comes after this. Their IDs stay taken
  /// until the answers have come.
  void cancel(QueryOwner& owner);

  /// Hands what was submitted in this turn of the loop to the transport: one send a connection, or
  /// an acknowledgement where there is nothing to send and answers are still owed.
  void flush();

  void on_connected(UpstreamId connection, TimePoint now);
  /// Octets from the resolver, cut anywhere.
  void on_data(UpstreamId connection, ByteView octets, TimePoint now);
  /// The connection could not be established, or has ended. `reason` is a few words for a person.
  void on_closed(UpstreamId connection, std::string_view reason, TimePoint now);

  /// Other settings, and perhaps other servers behind the same numbers. All connections are closed;
  /// what they owe is asked again. Queries in flight keep their deadline, or get the one that they
  /// would have if they were asked now, whichever is earlier.
  void set(const UpstreamSettings& settings, TimePoint now);

  /// Does what is due. Call it when next_deadline() has come; any time is harmless.
  void on_time(TimePoint now);
  /// When on_time is to be called next; none: nothing is pending. It may come later than it was
  /// said, never earlier, unless another member function was called in between.
  [[nodiscard]] std::optional<TimePoint> next_deadline() const;

  /// Queries held, waiting ones included, and those whose answer is owed though nobody waits for
  /// it.
  [[nodiscard]] std::size_t pending() const;
  /// Connections that are established.
  [[nodiscard]] std::size_t connected() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mooring::server
