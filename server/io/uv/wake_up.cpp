// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/io/uv/wake_up.hpp"

#include <stdexcept>
#include <utility>

namespace mooring::server {

UvWakeUp::UvWakeUp(UvLoop& loop, std::function<void()> action)
    : action_(std::move(action)), handle_(make_uv<uv_async_t>(this, [&](uv_async_t* handle) {
        return uv_async_init(loop.raw(), handle, [](uv_async_t* woken) noexcept {
          if (woken->data != nullptr) static_cast<UvWakeUp*>(woken->data)->action_();
        });
      })) {
  if (!handle_) throw std::runtime_error("no wake-up for the event loop");
}

void UvWakeUp::wake() {
  uv_async_send(handle_.get());
}

}  // namespace mooring::server
