// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>

#include "server/io/timer.hpp"
#include "server/io/uv/loop.hpp"

namespace mooring::server {

/// Throws std::runtime_error when there is none to be had.
class UvTimer final : public Timer {
 public:
  UvTimer(UvLoop& loop, std::function<void()> action);

 private:
  void start(TimePoint when) override;
  void stop() override;

  UvLoop& loop_;
  UvPtr<uv_timer_t> handle_;
};

}  // namespace mooring::server
