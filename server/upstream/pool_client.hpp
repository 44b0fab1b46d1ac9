// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include "server/base/client_address.hpp"
#include "server/memory/intrusive_list.hpp"

namespace mooring::server {

struct PlaceTag;
struct PendingQuery;
class FairQueue;

/// What one client has in the upstream pool, whatever the number of its connections: the unit among
/// which the pool's places are shared. For the FairQueue and the pool alone.
struct PoolClient : ListHook<PoolClient> {
  FairQueue* home = nullptr;             ///< null: the queue is gone
  std::optional<ClientAddress> network;  ///< none: one owner by itself
  std::size_t owners = 0;
  List<PendingQuery, PlaceTag> again;  ///< wait because their connection was lost; come first
  List<PendingQuery, PlaceTag> fresh;  ///< wait for the first time
  std::size_t waiting = 0;             ///< how many queries are in both
  std::size_t held = 0;                ///< places on connections, answers owed to nobody included
  std::size_t octets = 0;              ///< of all its queries
  bool sated = false;  ///< it has its share, and its turn is over until that changes

  [[nodiscard]] bool idle() const { return owners == 0 && waiting == 0 && held == 0; }
};

/// An owner's part in its client. The client is forgotten when no owner and no query is left.
class PoolClientRef {
 public:
  PoolClientRef() = default;  ///< of no client yet
  PoolClientRef(PoolClientRef&& other) noexcept : client_(std::exchange(other.client_, nullptr)) {}
  PoolClientRef& operator=(PoolClientRef&& other) noexcept {
    std::swap(client_, other.client_);
    return *this;
  }
  ~PoolClientRef();

  [[nodiscard]] PoolClient* get() const { return client_; }

 private:
  friend class FairQueue;
  explicit PoolClientRef(PoolClient& client) : client_(&client) { ++client.owners; }

  PoolClient* client_ = nullptr;
};

}  // namespace mooring::server
