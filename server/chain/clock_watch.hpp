// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <functional>
#include <optional>

namespace mooring::server {

/// Notices that the wall clock was set: it and monotonic time go apart then. A machine that slept
/// looks like one whose clock was set forward.
class ClockWatch {
 public:
  using Wall = std::chrono::system_clock::time_point;
  using Monotonic = std::chrono::steady_clock::time_point;

  /// By how much it was set since the last look, negative when back; 0 when it was not, or by less
  /// than two seconds.
  [[nodiscard]] std::chrono::seconds look(Wall wall, Monotonic monotonic);

 private:
  std::optional<std::chrono::nanoseconds> apart_;
};

/// Where the time comes from: the system, or a test.
struct Clocks {
  std::function<ClockWatch::Wall()> wall = std::chrono::system_clock::now;
  std::function<ClockWatch::Monotonic()> monotonic = std::chrono::steady_clock::now;
};

}  // namespace mooring::server
