// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/pending_query.hpp"

namespace mooring::server {
namespace {

constexpr std::size_t kChunk = 64;

}  // namespace

void PendingQuery::store(const Query& query) {
  const std::size_t needed = kLengthPrefix + query.message.size();
  if (needed > kInline) large = std::make_unique_for_overwrite<std::byte[]>(needed);
  shape = query.shape;
  context = query.context;
  const std::size_t copied = copy_for_next_hop(query.message, shape.opt, data() + kLengthPrefix);
  write_u16(data(), copied);
  size = kLengthPrefix + copied;
}

void PendingQuery::set_upstream_id(std::uint16_t id) {
  upstream_id = id;
  write_u16(data() + kLengthPrefix, id);
}

void PendingQuery::attach(QueryOwner& whose) {
  owner = &whose;
  whose.owned_queries().list.push_back(*this);
  ++whose.owned_queries().count;
}

QueryOwner* PendingQuery::detach() {
  QueryOwner* const whose = owner;
  if (whose != nullptr) {
    ListHook<OwnerTag>::unlink();
    --whose->owned_queries().count;
    owner = nullptr;
  }
  return whose;
}

PendingQuery& QuerySlab::take() {
  if (free_.empty()) {
    auto& chunk = chunks_.emplace_back(std::make_unique<PendingQuery[]>(kChunk));
    for (std::size_t i = kChunk; i > 0; --i) free_.push_front(chunk[i - 1]);
  }
  PendingQuery& query = *free_.front();
  query.ListHook<PlaceTag>::unlink();
  query.place = QueryPlace::lost;
  query.sends = 0;
  query.lost_before = false;
  ++in_use_;
  return query;
}

void QuerySlab::give_back(PendingQuery& query) {
  query.large.reset();
  query.size = 0;
  free_.push_front(query);
  --in_use_;
}

}  // namespace mooring::server
