// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <optional>

#include "server/base/bytes.hpp"
#include "server/io/loop.hpp"

namespace mooring::server {

/// Calls back once at a moment of monotonic time.
class Timer {
 public:
  Timer(Loop& loop, std::function<void()> action);

  /// Not before `when`; takes the place of what was set before.
  void set(TimePoint when);
  /// As set(), but only when it is not set or is set for later: cheap to call in every turn.
  void set_earlier(std::optional<TimePoint> when);
  void clear();

 private:
  void fire();

  Loop& loop_;
  std::function<void()> action_;
  std::optional<TimePoint> set_for_;
  UvPtr<uv_timer_t> handle_;
};

}  // namespace mooring::server
