// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/fair_queue.hpp"

#include <algorithm>
#include <memory>

namespace mooring::server {
namespace {

/// For how long a place is kept for others after one of them has been about.
constexpr Milliseconds kAbout{5'000};
constexpr std::size_t kKeptPart = 8;
constexpr std::size_t kTurnPart = 16;

}  // namespace

PoolClientRef::~PoolClientRef() {
  if (client_ == nullptr) return;
  --client_->owners;
  if (client_->home == nullptr) {
    if (client_->owners == 0) delete client_;
  } else if (client_->idle()) {
    client_->home->forget(*client_);
  }
}

FairQueue::~FairQueue() {
  for (auto* const list : {&turns_, &sated_, &others_}) {
    while (PoolClient* const client = list->front()) {
      client->ListHook<PoolClient>::unlink();
      client->home = nullptr;
      for (auto* const queries : {&client->again, &client->fresh}) {
        while (PendingQuery* const query = queries->front()) query->ListHook<PlaceTag>::unlink();
      }
      if (client->owners == 0) delete client;
    }
  }
}

PoolClientRef FairQueue::client(const std::optional<ClientAddress>& network) {
  if (network) {
    const auto known = by_network_.find(*network);
    if (known != by_network_.end()) return PoolClientRef(*known->second);
  }
  auto made = std::make_unique<PoolClient>();
  made->home = this;
  made->network = network;
  if (network) by_network_.emplace(*network, made.get());
  ++client_count_;
  others_.push_back(*made);
  return PoolClientRef(*made.release());
}

void FairQueue::forget(PoolClient& client) {
  if (client.network) by_network_.erase(*client.network);
  if (last_ == &client) last_ = nullptr;
  --client_count_;
  delete &client;
}

void FairQueue::seen(const PoolClient& client, TimePoint now) {
  if (last_ == &client) return;
  if (last_ != nullptr) changed_ = now;
  last_ = &client;
}

bool FairQueue::keeps(TimePoint now) const {
  return waiting_clients_ > 1 || (changed_ && now - *changed_ < kAbout);
}

std::size_t FairQueue::share(TimePoint now) const {
  const std::size_t shared = keeps(now) ? places_ - places_ / kKeptPart : places_;
  if (waiting_clients_ <= 1) return shared;
  return (shared + waiting_clients_ - 1) / waiting_clients_;
}

void FairQueue::came(PoolClient& client) {
  ++waiting_;
  if (client.waiting++ != 0) return;
  ++waiting_clients_;
  turns_.push_back(client);
}

void FairQueue::push(PendingQuery& query) {
  query.client->fresh.push_back(query);
  came(*query.client);
}

void FairQueue::push_again(PendingQuery& query) {
  query.client->again.push_back(query);
  came(*query.client);
}

PendingQuery* FairQueue::find_next(TimePoint now) {
  const std::size_t most = share(now);
  // Where everybody may have more now, those whose turn had been over have one again.
  while (most > sated_at_ && !sated_.empty()) {
    sated_.front()->sated = false;
    turns_.push_back(*sated_.front());
  }
  sated_at_ = most;
  while (PoolClient* const client = turns_.front()) {
    if (client->held < most) {
      return client->again.empty() ? client->fresh.front() : client->again.front();
    }
    client->sated = true;
    sated_.push_back(*client);
  }
  return nullptr;
}

PendingQuery* FairQueue::any() const {
  const PoolClient* const client = turns_.empty() ? sated_.front() : turns_.front();
  if (client == nullptr) return nullptr;
  return client->again.empty() ? client->fresh.front() : client->again.front();
}

void FairQueue::take(PendingQuery& query) {
  PoolClient& client = *query.client;
  remove(query);
  turn_taken_ = turn_of_ == &client ? turn_taken_ + 1 : 1;
  const bool over = client.waiting == 0 || turn_taken_ >= places_ / kTurnPart;
  turn_of_ = over ? nullptr : &client;
  if (over && client.waiting != 0 && !client.sated) turns_.push_back(client);
}

void FairQueue::remove(PendingQuery& query) {
  PoolClient& client = *query.client;
  query.ListHook<PlaceTag>::unlink();
  --waiting_;
  if (--client.waiting != 0) return;
  --waiting_clients_;
  if (turn_of_ == &client) turn_of_ = nullptr;
  client.sated = false;
  others_.push_back(client);
}

bool FairQueue::leaves_places(TimePoint now) const {
  const std::size_t most = share(now);
  const std::size_t free = places_ - std::min(held_, places_);
  std::size_t wanted = 0;
  std::size_t looks = 0;
  turns_.visit([&](const PoolClient& client) {
    if (client.held < most) wanted += std::min(client.waiting, most - client.held);
    return wanted < free && ++looks < free;
  });
  return wanted < free && looks < free;
}

void FairQueue::release(PoolClient& client) {
  --client.held;
  --held_;
  if (client.sated) {
    client.sated = false;
    turns_.push_back(client);
  } else if (client.idle()) {
    forget(client);
  }
}

}  // namespace mooring::server
