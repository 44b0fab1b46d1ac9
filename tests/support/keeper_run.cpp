// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/keeper_run.hpp"

#include <algorithm>

namespace mooring::test {

using dnschain::Keeper;
using dnschain::PublishedChain;
using dnschain::WallTime;
using std::chrono::seconds;

KeeperRun::KeeperRun(dnschain::KeeperSettings settings, CachingResolver& resolver, WallTime start,
                     dnschain::KeeperState stored)
    : resolver_(resolver),
      now_(start),
      keeper_(
          std::move(settings), [this] { return random_(); }, std::move(stored)),
      table_(keeper_.table()) {}

void KeeperRun::deliver() {
  std::vector<Pending> due;
  std::erase_if(pending_, [&](const Pending& pending) {
    if (pending.due > now_) return false;
    due.push_back(pending);
    return true;
  });
  for (const Pending& pending : due) {
    if (down_)
      keeper_.fail(pending.ask.id, "connection refused", now_);
    else
      keeper_.answer(pending.ask.id, resolver_.answer(pending.ask.question, now_), now_);
  }
}

void KeeperRun::step() {
  keeper_.tick(now_);
  // Rounds of questions follow each other at once when there is no latency.
  while (true) {
    for (Keeper::Ask& ask : keeper_.take_asks()) {
      pending_.push_back({now_ + latency_, std::move(ask)});
      ++asked_;
    }
    if (std::ranges::none_of(pending_, [&](const Pending& each) { return each.due <= now_; }))
      break;
    deliver();
    keeper_.tick(now_);
  }
  // In the order that is asked of the server: what is announced is stored before it is served.
  if (auto state = keeper_.unstored_state(); state && !disk_full_) {
    stored_ = std::move(*state);
    keeper_.state_stored(now_);
  }
  table_ = keeper_.table();
  for (auto& event : keeper_.take_events()) events_.push_back(std::move(event));
}

void KeeperRun::set_clock(WallTime now) {
  const seconds step = now - now_;
  for (Pending& pending : pending_) pending.due += step;
  now_ = now;
  keeper_.clock_set(step, now);
}

void KeeperRun::run_until(WallTime end, const Step& each) {
  while (true) {
    step();
    each();
    WallTime next = keeper_.next_wakeup();
    for (const Pending& pending : pending_) next = std::min(next, pending.due);
    if (next > end) break;
    now_ = std::max(next, now_ + seconds(1));
  }
  now_ = std::max(now_, end);
}

const PublishedChain* KeeperRun::serve(const dnschain::Service& service) const {
  const PublishedChain* chain = table_->find(service.base_domain(), service.port());
  return chain != nullptr && now_ < chain->until ? chain : nullptr;
}

std::size_t KeeperRun::count(dnschain::KeeperEvent::Kind kind) const {
  return static_cast<std::size_t>(std::ranges::count(events_, kind, &dnschain::KeeperEvent::kind));
}

}  // namespace mooring::test
