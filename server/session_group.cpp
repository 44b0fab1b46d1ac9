// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/session_group.hpp"

#include <algorithm>

#include "server/client_session.hpp"

namespace mooring::server {

SessionGroup::SessionGroup(const SessionSettings& settings, BufferPool& buffers,
                           UpstreamPool& upstream, Counters& counters)
    : settings_(settings), buffers_(buffers), upstream_(upstream), counters_(counters) {}

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
  while (ClientSession* const session = writing_.front()) {
    if (session->write_deadline_ > now) break;
    session->close(CloseMode::at_once, counters_.connections.closed_write_timeout);
  }
}

std::optional<TimePoint> SessionGroup::next_deadline() const {
  std::optional<TimePoint> next;
  const auto consider = [&](TimePoint when) { next = next ? std::min(*next, when) : when; };
  for (const auto* const list : {&handshaking_, &established_}) {
    if (const ClientSession* const session = list->front()) consider(session->phase_deadline_);
  }
  if (const ClientSession* const session = writing_.front()) consider(session->write_deadline_);
  return next;
}

void SessionGroup::begin_drain() {
  while (ClientSession* const session = handshaking_.front()) {
    session->close(CloseMode::at_once, counters_.connections.closed_drained);
  }
  established_.visit([this](ClientSession& session) {
    session.end(counters_.connections.closed_drained);
    return true;
  });
}

void SessionGroup::close_all() {
  while (ClientSession* const session = handshaking_.front()) {
    session->close(CloseMode::at_once, counters_.connections.closed_drained);
  }
  while (ClientSession* const session = established_.front()) {
    session->close_politely(counters_.connections.closed_drained);
  }
}

}  // namespace mooring::server
