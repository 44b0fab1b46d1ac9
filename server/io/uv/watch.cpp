// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/io/uv/watch.hpp"

#include <utility>

namespace mooring::server {

Result<std::unique_ptr<Watch>> UvWatch::create(UvLoop& loop, int descriptor,
                                               std::function<void()> action) {
  auto watch = std::make_unique<UvWatch>(std::move(action));
  int status = 0;
  watch->handle_ = make_uv<uv_poll_t>(watch.get(), [&](uv_poll_t* handle) {
    return status = uv_poll_init(loop.raw(), handle, descriptor);
  });
  if (status != 0) return tl::make_unexpected(uv_error(status));
  return watch;
}

void UvWatch::set(bool readable, bool writable) {
  const int events = (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);
  if (events == 0) {
    uv_poll_stop(handle_.get());
    return;
  }
  // An error of the descriptor shows when it is read from or written to.
  uv_poll_start(handle_.get(), events, [](uv_poll_t* handle, int, int) noexcept {
    if (handle->data != nullptr) static_cast<UvWatch*>(handle->data)->action_();
  });
}

}  // namespace mooring::server
