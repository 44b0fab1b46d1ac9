// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/io/timer.hpp"

#include <algorithm>

namespace mooring::server {

Timer::Timer(Loop& loop, std::function<void()> action)
    : loop_(loop),
      action_(std::move(action)),
      handle_(make_uv<uv_timer_t>(
          this, [&](uv_timer_t* handle) { return uv_timer_init(loop.raw(), handle); })) {}

void Timer::set(TimePoint when) {
  set_for_ = when;
  const auto wait = std::chrono::ceil<Milliseconds>(when - loop_.now()).count();
  uv_timer_start(
      handle_.get(),
      [](uv_timer_t* handle) noexcept {
        if (handle->data != nullptr) static_cast<Timer*>(handle->data)->fire();
      },
      static_cast<std::uint64_t>(std::max<Milliseconds::rep>(wait, 0)), 0);
}

void Timer::set_earlier(std::optional<TimePoint> when) {
  if (when && (!set_for_ || *when < *set_for_)) set(*when);
}

void Timer::clear() {
  set_for_.reset();
  uv_timer_stop(handle_.get());
}

void Timer::fire() {
  set_for_.reset();
  action_();
}

}  // namespace mooring::server
