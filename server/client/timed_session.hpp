// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>

#include "server/base/bytes.hpp"
#include "server/client/shared_facts.hpp"
#include "server/memory/cell_pool.hpp"
#include "server/memory/intrusive_list.hpp"
#include "server/observe/metrics.hpp"
#include "tlsext/base/secret_memory.hpp"
#include "tlsext/server/context.hpp"

namespace mooring::server {

struct PhaseTimerTag;

/// A session as its group sees it, awake or asleep, when its time has come.
class TimedSession : public ListHook<PhaseTimerTag> {
 public:
  /// The end of its handshake, or of its idleness.
  virtual void on_phase_timeout(TimePoint now) = 0;
  /// Takes no more queries, and closes when everything is answered and sent.
  virtual void end(Counter& reason) = 0;
  /// Closes now, with close_notify.
  virtual void close_politely(Counter& reason) = 0;
  /// Its time until it sleeps begins anew, if it is awake.
  virtual void restart_sleep(TimePoint) {}

  TimePoint phase_deadline;

 protected:
  ~TimedSession() = default;
};

/// What the sleeping sessions of one worker share.
struct SleepStore {
  tlsext::SecretMemory keys;
  SharedFacts facts;
  CellPool cells;
  std::shared_ptr<tlsext::ServerContext> context;  ///< they wake under it
};

}  // namespace mooring::server
