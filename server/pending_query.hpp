// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "server/bytes.hpp"
#include "server/intrusive_list.hpp"
#include "server/query.hpp"

namespace mooring::server {

struct DeadlineTag;
struct PlaceTag;

/// A query in the upstream pool: waiting for a place on a connection, or sent on one and owed an
/// answer. It is kept whole, because it may have to be sent again or answered by ourselves.
struct PendingQuery : ListHook<OwnerTag>, ListHook<DeadlineTag>, ListHook<PlaceTag> {
  static constexpr std::size_t kInline = 192;

  QueryOwner* owner = nullptr;  ///< null: nobody waits any more, but the answer may still come
  QueryShape shape;             ///< with the client's ID
  std::uint16_t upstream_id = 0;
  std::uint8_t connection = 0;  ///< its index, while it is on one
  bool on_connection = false;   ///< sent; false: waits for a place
  bool sent_again = false;
  bool spare_try = false;  ///< sent again after a connection that had worked; see drop()
  TimePoint deadline;

  /// Stores the message, as it goes upstream, with its prefix.
  void store(const Query& query);
  /// Gives the message the ID that it is sent with.
  void set_upstream_id(std::uint16_t id);
  [[nodiscard]] ByteView frame() const { return {data(), size}; }
  [[nodiscard]] ByteView message() const { return frame().subspan(2); }

  /// Binds it to who asked.
  void attach(QueryOwner& whose);
  /// Takes it from its owner, who is returned; null when there was none.
  QueryOwner* detach();
  /// Takes all of an owner's queries from it, calling `freed` with each.
  template <class Freed>
  static void detach_all(QueryOwner& whose, Freed&& freed) {
    while (PendingQuery* query = whose.owned_queries().list.front()) {
      query->detach();
      freed(*query);
    }
  }

 private:
  friend class QuerySlab;
  [[nodiscard]] const std::byte* data() const { return large ? large.get() : small.data(); }
  [[nodiscard]] std::byte* data() { return large ? large.get() : small.data(); }

  std::size_t size = 0;
  std::unique_ptr<std::byte[]> large;  ///< for the rare message that does not fit
  std::array<std::byte, kInline> small;
};

/// Storage for pending queries, never given back to the system until it dies: a busy pool does not
/// allocate.
class QuerySlab {
 public:
  QuerySlab() = default;
  QuerySlab(const QuerySlab&) = delete;
  QuerySlab& operator=(const QuerySlab&) = delete;

  [[nodiscard]] PendingQuery& take();
  /// The query must be in no list any more.
  void give_back(PendingQuery& query);

  [[nodiscard]] std::size_t in_use() const { return in_use_; }

 private:
  std::vector<std::unique_ptr<PendingQuery[]>> chunks_;
  List<PendingQuery, PlaceTag> free_;
  std::size_t in_use_ = 0;
};

}  // namespace mooring::server
