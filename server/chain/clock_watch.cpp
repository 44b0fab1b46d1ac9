// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/chain/clock_watch.hpp"

namespace mooring::server {

namespace {

/// The two clocks are not read at the same instant, and a busy machine may do something else in
/// between.
constexpr std::chrono::seconds kStep{2};

}  // namespace

std::chrono::seconds ClockWatch::look(Wall wall, Monotonic monotonic) {
  const std::chrono::nanoseconds apart = wall.time_since_epoch() - monotonic.time_since_epoch();
  if (!apart_) apart_ = apart;
  const auto step = apart - *apart_;
  if (step < kStep && step > -kStep) return std::chrono::seconds{0};
  apart_ = apart;
  return std::chrono::round<std::chrono::seconds>(step);
}

}  // namespace mooring::server
