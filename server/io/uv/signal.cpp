// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/io/uv/signal.hpp"

#include <stdexcept>
#include <string>
#include <utility>

namespace mooring::server {

UvSignal::UvSignal(UvLoop& loop, int number, std::function<void()> action)
    : action_(std::move(action)), handle_(make_uv<uv_signal_t>(this, [&](uv_signal_t* handle) {
        return uv_signal_init(loop.raw(), handle);
      })) {
  const auto received = [](uv_signal_t* handle, int) noexcept {
    if (handle->data != nullptr) static_cast<UvSignal*>(handle->data)->action_();
  };
  if (!handle_ || uv_signal_start(handle_.get(), received, number) != 0) {
    throw std::runtime_error("cannot catch signal " + std::to_string(number));
  }
}

}  // namespace mooring::server
