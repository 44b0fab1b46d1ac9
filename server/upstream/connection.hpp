// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

#include "server/dns/framer.hpp"
#include "server/upstream/in_flight.hpp"
#include "server/upstream/pending_query.hpp"

namespace mooring::server {

enum class ConnectionState : std::uint8_t { closed, connecting, open };

/// One connection of the upstream pool, or the room for one.
struct UpstreamConnection {
  UpstreamConnection(std::uint8_t number, std::size_t in_flight, BufferPool& buffers)
      : index(number), ids(in_flight), in(buffers), out(buffers) {}

  std::uint8_t index;
  ConnectionState state = ConnectionState::closed;
  bool proven = false;   ///< its server was told that it answers
  bool retired = false;  ///< takes no more queries, and is closed when nobody waits for it
  std::size_t server = 0;
  std::size_t answers = 0;
  std::size_t limit = 1;    ///< queries in flight on it; grows with each answer
  std::size_t overdue = 0;  ///< answers owed beyond their deadline
  /// Connecting: since when. Open and owing answers: since when nothing has come. Open and owing
  /// nothing: since when.
  TimePoint quiet_since{};
  InFlight ids;
  List<PendingQuery, PlaceTag> queries;  ///< sent and not answered, in the order sent
  DnsFramer in;
  Buffer out;  ///< what is to be sent at the end of this turn of the loop

  [[nodiscard]] std::uint64_t bit() const { return std::uint64_t{1} << index; }
  [[nodiscard]] bool full() const { return ids.size() >= limit; }
  [[nodiscard]] bool nearly_full() const { return ids.size() >= limit - limit / 8; }
  [[nodiscard]] bool idle() const { return state == ConnectionState::open && ids.size() == 0; }
  [[nodiscard]] bool usable() const { return state != ConnectionState::closed && !retired; }
  [[nodiscard]] bool owes_somebody() const {
    bool owes = false;
    queries.visit([&](const PendingQuery& query) {
      owes = query.owner != nullptr;
      return !owes;
    });
    return owes;
  }
  void reset() {
    state = ConnectionState::closed;
    proven = retired = false;
    overdue = answers = 0;
    ids.clear();
    in.reset();
    out.clear();
  }
};

}  // namespace mooring::server
