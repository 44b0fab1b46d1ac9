// SPDX-License-Identifier: GPL-3.0-or-later
#include <utility>

#include "server/client/session.hpp"

namespace mooring::server {

void ClientSession::restart_sleep(TimePoint now) {
  if (group_.settings_.sleep_after == Milliseconds::zero()) return;
  sleep_at_ = now + group_.settings_.sleep_after;
  group_.to_sleep_.push_back(*this);
}

/// Whether all that there is to know of it is in its TLS and what has come of its exchange.
bool ClientSession::may_sleep() const {
  return phase_ == SessionPhase::open && reading_ && !has_work() &&
         group_.settings_.sleep_after != Milliseconds::zero() &&
         exchange_.incoming().capacity() == 0 && exchange_.fault() == ExchangeFault::none;
}

std::unique_ptr<SleepingSession> ClientSession::sleep() {
  if (!may_sleep()) return nullptr;
  auto frozen = tls_.freeze(group_.sleep_.keys);
  if (!frozen) return nullptr;
  std::unique_ptr<SleepingSession> asleep(new (group_.sleep_.cells) SleepingSession(
      group_, transport_, peer_, exchange_.received(), std::move(*frozen)));
  asleep->phase_deadline = phase_deadline;
  List<TimedSession, PhaseTimerTag>::replace(*this, *asleep);
  return asleep;
}

tlsext::Result<std::unique_ptr<ClientSession>> ClientSession::wake(
    SleepingSession& from, TimePoint now, const std::optional<ClientAddress>& client) {
  SessionGroup& group = from.group();
  const auto all = from.give(now);
  auto session = thaw(group, *group.sleep_.context, from.transport(), *all, now, client);
  if (!session) return session;
  (*session)->enter(SessionPhase::open);
  (*session)->phase_deadline = from.phase_deadline;
  List<TimedSession, PhaseTimerTag>::replace(from, **session);
  (*session)->restart_sleep(now);
  (*session)->exchange_.restore(all->exchange, now);
  return session;
}

}  // namespace mooring::server
