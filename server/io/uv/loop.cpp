// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/io/uv/loop.hpp"

#include <stdexcept>
#include <utility>

#include "server/io/uv/listener.hpp"
#include "server/io/uv/make_loop.hpp"
#include "server/io/uv/signal.hpp"
#include "server/io/uv/stream.hpp"
#include "server/io/uv/timer.hpp"
#include "server/io/uv/wake_up.hpp"
#include "server/io/uv/watch.hpp"

namespace mooring::server {

std::unique_ptr<Loop> make_uv_loop() {
  return std::make_unique<UvLoop>();
}

UvLoop::UvLoop() : read_buffer_(std::make_unique<std::array<char, 65536>>()) {
  if (uv_loop_init(&loop_) != 0) throw std::runtime_error("no event loop");
  loop_.data = this;
}

UvLoop::~UvLoop() {
  prepare_.reset();
  check_.reset();
  // The close callbacks of all that lived here are still to come; they free it.
  uv_run(&loop_, UV_RUN_DEFAULT);
  uv_loop_close(&loop_);
}

void UvLoop::run() {
  uv_run(&loop_, UV_RUN_DEFAULT);
}

void UvLoop::stop() {
  uv_stop(&loop_);
}

TimePoint UvLoop::now() const {
  return TimePoint(std::chrono::milliseconds(uv_now(&loop_)));
}

void UvLoop::at_end_of_turn(std::function<void()> action) {
  end_of_turn_ = std::move(action);
  prepare_ = make_uv<uv_prepare_t>(
      this, [&](uv_prepare_t* handle) { return uv_prepare_init(&loop_, handle); });
  check_ =
      make_uv<uv_check_t>(this, [&](uv_check_t* handle) { return uv_check_init(&loop_, handle); });
  // Timers run before the poll, input after it: each has an end of its own.
  uv_prepare_start(prepare_.get(), [](uv_prepare_t* handle) noexcept {
    static_cast<UvLoop*>(handle->data)->end_of_turn_();
  });
  uv_check_start(check_.get(), [](uv_check_t* handle) noexcept {
    static_cast<UvLoop*>(handle->data)->end_of_turn_();
  });
}

std::unique_ptr<Timer> UvLoop::make_timer(std::function<void()> action) {
  return std::make_unique<UvTimer>(*this, std::move(action));
}

std::unique_ptr<Signal> UvLoop::make_signal(int number, std::function<void()> action) {
  return std::make_unique<UvSignal>(*this, number, std::move(action));
}

std::unique_ptr<WakeUp> UvLoop::make_wake_up(std::function<void()> action) {
  return std::make_unique<UvWakeUp>(*this, std::move(action));
}

Result<std::unique_ptr<Stream>> UvLoop::connect(const Endpoint& to, StreamOwner& owner) {
  return UvStream::connect(*this, to, owner);
}

Result<std::unique_ptr<Stream>> UvLoop::adopt(StreamState& state) {
  return UvStream::adopt(*this, state);
}

Result<std::unique_ptr<Listener>> UvLoop::listen(OwnedFd socket, int backlog,
                                                 OnConnection on_connection) {
  return UvListener::create(*this, std::move(socket), backlog, std::move(on_connection));
}

Result<std::unique_ptr<Watch>> UvLoop::watch(int descriptor, std::function<void()> action) {
  return UvWatch::create(*this, descriptor, std::move(action));
}

}  // namespace mooring::server
