// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/io/loop.hpp"

#include <stdexcept>

namespace mooring::server {

Loop::Loop() : read_buffer_(std::make_unique<std::array<char, 65536>>()) {
  if (uv_loop_init(&loop_) != 0) throw std::runtime_error("no event loop");
  loop_.data = this;
}

Loop::~Loop() {
  prepare_.reset();
  check_.reset();
  // The close callbacks of all that lived here are still to come; they free it.
  uv_run(&loop_, UV_RUN_DEFAULT);
  uv_loop_close(&loop_);
}

void Loop::run() {
  uv_run(&loop_, UV_RUN_DEFAULT);
}

TimePoint Loop::now() const {
  return TimePoint(std::chrono::milliseconds(uv_now(&loop_)));
}

void Loop::at_end_of_turn(std::function<void()> action) {
  end_of_turn_ = std::move(action);
  prepare_ = make_uv<uv_prepare_t>(
      this, [&](uv_prepare_t* handle) { return uv_prepare_init(&loop_, handle); });
  check_ =
      make_uv<uv_check_t>(this, [&](uv_check_t* handle) { return uv_check_init(&loop_, handle); });
  // Timers run before the poll, input after it: each has an end of its own.
  uv_prepare_start(prepare_.get(), [](uv_prepare_t* handle) noexcept {
    static_cast<Loop*>(handle->data)->end_of_turn_();
  });
  uv_check_start(check_.get(), [](uv_check_t* handle) noexcept {
    static_cast<Loop*>(handle->data)->end_of_turn_();
  });
}

Signal::Signal(Loop& loop, int number, std::function<void()> action)
    : action_(std::move(action)), handle_(make_uv<uv_signal_t>(this, [&](uv_signal_t* handle) {
        return uv_signal_init(loop.raw(), handle);
      })) {
  const auto received = [](uv_signal_t* handle, int) noexcept {
    if (handle->data != nullptr) static_cast<Signal*>(handle->data)->action_();
  };
  if (!handle_ || uv_signal_start(handle_.get(), received, number) != 0) {
    throw std::runtime_error("cannot catch signal " + std::to_string(number));
  }
}

}  // namespace mooring::server
