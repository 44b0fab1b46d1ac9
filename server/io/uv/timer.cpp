// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/io/uv/timer.hpp"

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <utility>

namespace mooring::server {

UvTimer::UvTimer(UvLoop& loop, std::function<void()> action)
    : Timer(std::move(action)),
      loop_(loop),
      handle_(make_uv<uv_timer_t>(
          this, [&](uv_timer_t* handle) { return uv_timer_init(loop.raw(), handle); })) {
  if (!handle_) throw std::runtime_error("no timer on the event loop");
}

void UvTimer::start(TimePoint when) {
  const auto wait = std::chrono::ceil<Milliseconds>(when - loop_.now()).count();
  uv_timer_start(
      handle_.get(),
      [](uv_timer_t* handle) noexcept {
        if (handle->data != nullptr) static_cast<UvTimer*>(handle->data)->fire();
      },
      static_cast<std::uint64_t>(std::max<Milliseconds::rep>(wait, 0)), 0);
}

void UvTimer::stop() {
  uv_timer_stop(handle_.get());
}

}  // namespace mooring::server
