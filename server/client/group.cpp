// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/client/group.hpp"

#include <algorithm>
#include <bit>

#include "server/client/session.hpp"

namespace mooring::server {

namespace {

/// What takes long when very many are put to sleep is their memory, which is wiped and freed.
constexpr unsigned kMostToSleepInOneTurn = 64;

}  // namespace

SessionGroup::SessionGroup(const SessionSettings& settings, BufferPool& buffers,
                           UpstreamPool& upstream, Counters& counters)
    : settings_(settings), buffers_(buffers), upstream_(upstream), counters_(counters) {
  buffers_.set_holders(this);
}

void SessionGroup::set(const SessionSettings& settings, TimePoint now) {
  const bool slept_before = settings_.sleep_after != Milliseconds::zero();
  settings_ = settings;
  // Those in front end first, so that the lists remain in order.
  const auto cut = [&](const auto& list, auto deadline, Milliseconds timeout) {
    list.visit([&](auto& session) {
      session.*deadline = std::min(session.*deadline, now + timeout);
      return true;
    });
  };
  cut(handshaking_, &TimedSession::phase_deadline, settings.handshake_timeout);
  cut(established_, &TimedSession::phase_deadline, settings.idle_timeout);
  const auto later = resumed_.upper_bound(now + settings.idle_timeout);
  for (auto one = later; one != resumed_.end(); ++one) {
    while (TimedSession* const session = one->second.front()) {
      session->phase_deadline = now + settings.idle_timeout;
      established_.push_back(*session);
    }
  }
  resumed_.erase(later, resumed_.end());
  cut(writing_, &ClientSession::write_deadline_, settings.write_timeout);
  if (settings.sleep_after == Milliseconds::zero()) {
    while (ClientSession* const session = to_sleep_.front()) {
      session->ListHook<SleepTimerTag>::unlink();
    }
  } else if (slept_before) {
    cut(to_sleep_, &ClientSession::sleep_at_, settings.sleep_after);
  } else {
    visit_open([now](TimedSession& session) {
      session.restart_sleep(now);
      return true;
    });
  }
}

void SessionGroup::go_on(ClientSession& session, TimePoint deadline, TimePoint now) {
  constexpr int kSteps = 64;
  const auto step = std::max<TimePoint::duration>(settings_.idle_timeout / kSteps, Milliseconds(1));
  deadline = std::clamp(deadline, now, now + settings_.idle_timeout);
  const auto steps = (deadline.time_since_epoch() + step - TimePoint::duration(1)) / step;
  session.phase_deadline = TimePoint(steps * step);
  resumed_[session.phase_deadline].push_back(session);
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
    while (TimedSession* const session = list->front()) {
      if (session->phase_deadline > now) break;
      session->on_phase_timeout(now);
    }
  }
  for (auto due = resumed_.begin(); due != resumed_.end() && due->first <= now;
       due = resumed_.erase(due)) {
    while (TimedSession* const session = due->second.front()) session->on_phase_timeout(now);
  }
  while (ClientSession* const session = writing_.front()) {
    if (session->write_deadline_ > now) break;
    session->on_write_timeout(now);
  }
  put_to_sleep(now);
}

/// The transport destroys each that falls asleep: none of its functions may be running.
void SessionGroup::put_to_sleep(TimePoint now) {
  for (unsigned count = 0; count < kMostToSleepInOneTurn; ++count) {
    ClientSession* const session = to_sleep_.front();
    if (session == nullptr || session->sleep_at_ > now) return;
    session->restart_sleep(now);  // in case that something is under way
    session->transport_.session_idle();
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
    if (const TimedSession* const session = list->front()) consider(session->phase_deadline);
  }
  if (!resumed_.empty()) consider(resumed_.begin()->first);
  if (const ClientSession* const session = to_sleep_.front()) consider(session->sleep_at_);
  if (const ClientSession* const session = writing_.front()) consider(session->write_deadline_);
  return next;
}

void SessionGroup::begin_drain() {
  abort_handshakes();
  visit_open([this](TimedSession& session) {
    session.end(counters_.connections.closed_drained);
    return true;
  });
}

void SessionGroup::abort_handshakes() {
  while (auto* const session = static_cast<ClientSession*>(handshaking_.front())) {
    session->close(CloseMode::at_once, counters_.connections.closed_drained);
  }
}

void SessionGroup::close_all() {
  abort_handshakes();
  const auto close = [this](const auto& sessions) {
    while (TimedSession* const session = sessions.front()) {
      session->close_politely(counters_.connections.closed_drained);
    }
  };
  close(established_);
  for (const auto& one : resumed_) close(one.second);
}

}  // namespace mooring::server
