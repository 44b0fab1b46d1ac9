// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>

#include "server/client/session.hpp"

namespace mooring::test {

/// Has a session, awake or asleep, as a connection does.
struct SessionPlace {
  std::unique_ptr<server::ClientSession> session;
  std::unique_ptr<server::SleepingSession> sleeping;  ///< in its place

  void put_to_sleep() {
    sleeping = session->sleep();
    if (sleeping) session.reset();
  }
  /// Whether there is a session, after waking it if it sleeps.
  [[nodiscard]] bool awake(server::TimePoint now) {
    if (!sleeping) return true;
    auto woken = server::ClientSession::wake(*sleeping, now, std::nullopt);
    if (!woken) {
      sleeping->give_up();
      return false;
    }
    session = std::move(*woken);
    sleeping.reset();
    return true;
  }
};

}  // namespace mooring::test
