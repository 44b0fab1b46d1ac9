// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <optional>

#include "server/base/bytes.hpp"

namespace mooring::server {

/// Calls back once at a moment of monotonic time. Its loop must outlive it.
class Timer {
 public:
  explicit Timer(std::function<void()> action) : action_(std::move(action)) {}
  virtual ~Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  /// Not before `when`; takes the place of what was set before.
  void set(TimePoint when) {
    set_for_ = when;
    start(when);
  }
  /// As set(), but only when it is not set or is set for later: cheap to call in every turn.
  void set_earlier(std::optional<TimePoint> when) {
    if (when && (!set_for_ || *when < *set_for_)) set(*when);
  }
  void clear() {
    set_for_.reset();
    stop();
  }

 protected:
  /// For the loop, when it is time.
  void fire() {
    set_for_.reset();
    action_();
  }
  [[nodiscard]] std::optional<TimePoint> set_for() const { return set_for_; }

 private:
  /// Sees to it that fire() is called, not before `when` and not again before the next start().
  virtual void start(TimePoint when) = 0;
  virtual void stop() = 0;

  std::function<void()> action_;
  std::optional<TimePoint> set_for_;
};

}  // namespace mooring::server
