// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "server/base/bytes.hpp"
#include "server/memory/intrusive_list.hpp"
#include "server/upstream/query.hpp"

namespace mooring::server {

struct DeadlineTag;
struct PlaceTag;

enum class QueryPlace : std::uint8_t {
  lost,           ///< its connection is closed; it holds its place until what next is known
  waiting,        ///< for a place on a connection, in the FairQueue
  on_connection,  ///< sent, and owed an answer
};

/// A query in the upstream pool. It is kept whole, because it may have to be sent again or answered
/// by ourselves.
struct PendingQuery : ListHook<OwnerTag>, ListHook<DeadlineTag>, ListHook<PlaceTag> {
  static constexpr std::size_t kInline = 192;

  QueryOwner* owner = nullptr;  ///< null: nobody waits any more, but the answer may still come
  PoolClient* client = nullptr;
  QueryShape shape;      ///< with the client's ID
  QueryContext context;  ///< as it was submitted
  std::uint16_t upstream_id = 0;
  std::uint16_t sends = 0;      ///< how many times it has been sent
  std::uint8_t connection = 0;  ///< its index, while it is on one
  QueryPlace place = QueryPlace::lost;
  bool lost_before = false;  ///< with a connection that had brought no answer at all
  TimePoint sent_at;         ///< for the last time
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
