// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "server/upstream/query.hpp"

namespace mooring::server {

/// The message IDs that are taken on one upstream connection, each with its query. An ID is taken
/// until it is removed: it cannot be given out twice while its answer may still come.
class InFlight {
 public:
  /// At most `limit` IDs at a time, 1 to 4096.
  explicit InFlight(std::size_t limit);

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool full() const { return size_ == limit_; }

  /// Takes an ID that is free for the query; must not be full.
  [[nodiscard]] std::uint16_t add(PendingQuery& query, MessageIds& ids);
  /// Null: the ID is not taken.
  [[nodiscard]] PendingQuery* find(std::uint16_t id) const;
  /// Frees an ID that is taken.
  void remove(std::uint16_t id);
  void clear();

 private:
  struct Slot {
    PendingQuery* query = nullptr;  ///< null: free
    std::uint16_t id = 0;
  };
  /// The slot that holds the ID, or else the free one where it belongs.
  [[nodiscard]] std::size_t slot_of(std::uint16_t id) const;

  // Open addressing with linear probing: the IDs are random already, so they are their own hash,
  // and at most a quarter of the slots is in use.
  std::vector<Slot> slots_;
  std::size_t mask_;
  std::size_t limit_;
  std::size_t size_ = 0;
};

}  // namespace mooring::server
