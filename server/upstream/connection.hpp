// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "server/dns/framer.hpp"
#include "server/upstream/in_flight.hpp"
#include "server/upstream/pending_query.hpp"
#include "server/upstream/transport.hpp"

namespace mooring::server {

enum class ConnectionState : std::uint8_t {
  closed,      ///< there is none: a number to be used
  connecting,  ///< nothing can be sent yet
  open,        ///< takes queries as far as there are places
  retired,     ///< takes no more queries, and is closed when nobody waits for it
};

/// Whether the one may follow the other.
[[nodiscard]] bool may_follow(ConnectionState from, ConnectionState to);

/// One connection of a pool: its state, and the queries that were sent on it and not answered. All
/// that changes it is for ConnectionSet, which keeps account of it; everybody else looks.
class UpstreamConnection {
 public:
  UpstreamConnection(UpstreamId id, std::size_t in_flight, BufferPool& buffers)
      : id_(id), most_(in_flight), in_flight_(in_flight), in_(buffers), out_(buffers) {}

  [[nodiscard]] UpstreamId id() const { return id_; }
  [[nodiscard]] ConnectionState state() const { return state_; }
  [[nodiscard]] bool live() const { return state_ != ConnectionState::closed; }
  [[nodiscard]] bool established() const {
    return state_ == ConnectionState::open || state_ == ConnectionState::retired;
  }
  [[nodiscard]] std::size_t resolver() const { return resolver_; }
  /// Answers that are owed, be it that nobody waits for them any more.
  [[nodiscard]] std::size_t owed() const { return in_flight_.size(); }
  /// Queries in flight on it at most; grows with each answer.
  [[nodiscard]] std::size_t limit() const { return limit_; }
  [[nodiscard]] bool full() const { return owed() >= limit_; }
  /// Only an eighth is left, which is kept for who holds little.
  [[nodiscard]] bool nearly_full() const { return owed() >= limit_ - limit_ / 8; }
  [[nodiscard]] bool idle() const { return established() && owed() == 0; }
  /// Answers that it has brought.
  [[nodiscard]] std::size_t answers() const { return answers_; }
  [[nodiscard]] bool owes_somebody() const;
  /// How many queries have been on it since this moment or before.
  [[nodiscard]] std::size_t sent_by(TimePoint moment) const;
  /// Connecting: since when. Owing answers: since when nothing has come. Else: since when nothing
  /// is owed.
  [[nodiscard]] TimePoint quiet_since() const { return quiet_since_; }
  /// The query that was sent with this ID; null: none is owed an answer.
  [[nodiscard]] PendingQuery* find(std::uint16_t id) const { return in_flight_.find(id); }

 private:
  friend class ConnectionSet;
  void enter(ConnectionState next);
  void connect(std::size_t resolver, std::size_t limit, TimePoint now);
  void send(PendingQuery& query, MessageIds& ids, TimePoint now);
  void remove(PendingQuery& query);
  /// Closed: what was owed is in `owed`.
  void reset(List<PendingQuery, PlaceTag>& owed);

  UpstreamId id_;
  ConnectionState state_ = ConnectionState::closed;
  bool proven_ = false;  ///< its resolver was told that it answers
  std::size_t resolver_ = 0;
  std::size_t most_;
  std::size_t limit_ = 1;
  std::size_t answers_ = 0;
  std::size_t overdue_ = 0;  ///< answers owed beyond their deadline
  TimePoint quiet_since_{};
  InFlight in_flight_;
  List<PendingQuery, PlaceTag> queries_;  ///< those in flight, in the order sent
  DnsFramer in_;
  Buffer out_;  ///< what is to be sent at the end of this turn of the loop
};

// On the path of each query, and called in one place each: in line.
inline void UpstreamConnection::send(PendingQuery& query, MessageIds& ids, TimePoint now) {
  if (owed() == 0) quiet_since_ = now;
  query.set_upstream_id(in_flight_.add(query, ids));
  query.place = QueryPlace::on_connection;
  query.connection = static_cast<std::uint8_t>(id_);
  query.sent_at = now;
  queries_.push_back(query);
  (void)out_.append(query.frame());  // its pool has no bound: it cannot fail
}

inline void UpstreamConnection::remove(PendingQuery& query) {
  in_flight_.remove(query.upstream_id);
  if (!query.ListHook<DeadlineTag>::linked()) --overdue_;
  query.ListHook<PlaceTag>::unlink();
}

}  // namespace mooring::server
