// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/client/group.hpp"

#include <algorithm>
#include <bit>

#include "server/client/session.hpp"

namespace mooring::server {

SessionGroup::SessionGroup(const SessionSettings& settings, BufferPool& buffers,
                           UpstreamPool& upstream, Counters& counters)
    : settings_(settings), buffers_(buffers), upstream_(upstream), counters_(counters) {
  buffers_.set_holders(this);
}

void SessionGroup::set(const SessionSettings& settings, TimePoint now) {
  settings_ = settings;
  // Those in front end first, so that the lists remain in order.
  const auto cut = [&](const auto& list, TimePoint ClientSession::*deadline, Milliseconds timeout) {
    list.visit([&](ClientSession& session) {
      session.*deadline = std::min(session.*deadline, now + timeout);
      return true;
    });
  };
  cut(handshaking_, &ClientSession::phase_deadline_, settings.handshake_timeout);
  cut(established_, &ClientSession::phase_deadline_, settings.idle_timeout);
  const auto later = resumed_.upper_bound(now + settings.idle_timeout);
  for (auto one = later; one != resumed_.end(); ++one) {
    while (ClientSession* const session = one->second.front()) session->restart_idle(now);
  }
  resumed_.erase(later, resumed_.end());
  cut(writing_, &ClientSession::write_deadline_, settings.write_timeout);
}

void SessionGroup::go_on(ClientSession& session, TimePoint deadline, TimePoint now) {
  constexpr int kSteps = 64;
  const auto step = std::max<TimePoint::duration>(settings_.idle_timeout / kSteps, Milliseconds(1));
  deadline = std::clamp(deadline, now, now + settings_.idle_timeout);
  const auto steps = (deadline.time_since_epoch() + step - TimePoint::duration(1)) / step;
  session.phase_deadline_ = TimePoint(steps * step);
  resumed_[session.phase_deadline_].push_back(session);
}

template <class Each>
void SessionGroup::visit_open(Each&& each) const {
  established_.visit(each);
  for (const auto& one : resumed_) one.second.visit(each);
}

void SessionGroup::flush(TimePoint now) {
  while (ClientSession* const session = dirty_.front()) {
    session->ListHook<DirtyTag>::unlink();
    session->flush(now);
  }
  upstream_.flush();  // last: what was held back may have become queries just now
}

void SessionGroup::on_time(TimePoint now) {
  for (auto* const list : {&handshaking_, &established_}) {
    while (ClientSession* const session = list->front()) {
      if (session->phase_deadline_ > now) break;
      session->on_phase_timeout(now);
    }
  }
  for (auto due = resumed_.begin(); due != resumed_.end() && due->first <= now;
       due = resumed_.erase(due)) {
    while (ClientSession* const session = due->second.front()) session->on_phase_timeout(now);
  }
  while (ClientSession* const session = writing_.front()) {
    if (session->write_deadline_ > now) break;
    session->on_write_timeout(now);
  }
}

std::size_t SessionGroup::holding_class(std::size_t octets) {
  return std::min(static_cast<std::size_t>(std::bit_width(octets >> 10U)), kHoldings - 1);
}

/// Of those of least use the one that holds the most goes first, the oldest of several.
bool SessionGroup::reclaim(const Buffer& asking, std::size_t least) {
  const std::size_t bases = BufferPool::least_use(least, asking.use()) ? 1 : 2;
  for (std::size_t base = 0; base < bases * kHoldings; base += kHoldings) {
    for (std::size_t size = kHoldings; size-- > holding_class(least);) {
      ClientSession* found = nullptr;
      holders_[base + size].visit([&](ClientSession& session) {
        if (!session.owns(asking)) found = &session;
        return found == nullptr;
      });
      if (found == nullptr) continue;
      found->give_way();
      return true;
    }
  }
  return false;
}

std::optional<TimePoint> SessionGroup::next_deadline() const {
  std::optional<TimePoint> next;
  const auto consider = [&](TimePoint when) { next = next ? std::min(*next, when) : when; };
  for (const auto* const list : {&handshaking_, &established_}) {
    if (const ClientSession* const session = list->front()) consider(session->phase_deadline_);
  }
  if (!resumed_.empty()) consider(resumed_.begin()->first);
  if (const ClientSession* const session = writing_.front()) consider(session->write_deadline_);
  return next;
}

void SessionGroup::begin_drain() {
  while (ClientSession* const session = handshaking_.front()) {
    session->close(CloseMode::at_once, counters_.connections.closed_drained);
  }
  visit_open([this](ClientSession& session) {
    session.end(counters_.connections.closed_drained);
    return true;
  });
}

void SessionGroup::close_all() {
  while (ClientSession* const session = handshaking_.front()) {
    session->close(CloseMode::at_once, counters_.connections.closed_drained);
  }
  const auto close = [this](const auto& sessions) {
    while (ClientSession* const session = sessions.front()) {
      session->close_politely(counters_.connections.closed_drained);
    }
  };
  close(established_);
  for (const auto& one : resumed_) close(one.second);
}

}  // namespace mooring::server
