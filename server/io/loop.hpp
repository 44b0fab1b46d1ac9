// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <vector>

#include "server/base/bytes.hpp"
#include "server/io/uv_ptr.hpp"

namespace mooring::server {

/// A libuv event loop of one thread, with the buffer that everything on it reads into. Whatever
/// lives on it must be destroyed before it. Throws std::runtime_error when there is none to be had.
class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Runs until stop(); also when there is nothing to do.
  void run();
  void stop() { uv_stop(&loop_); }
  /// The time at the start of this turn, in whole milliseconds.
  [[nodiscard]] TimePoint now() const;
  /// Calls `action` at the end of each turn: after the timers, and again after all input has been
  /// handled. At most one action.
  void at_end_of_turn(std::function<void()> action);

  [[nodiscard]] uv_loop_t* raw() { return &loop_; }
  [[nodiscard]] std::array<char, 65536>& read_buffer() { return *read_buffer_; }

 private:
  uv_loop_t loop_{};
  std::unique_ptr<std::array<char, 65536>> read_buffer_;
  std::function<void()> end_of_turn_;
  UvPtr<uv_prepare_t> prepare_;
  UvPtr<uv_check_t> check_;
};

/// Calls back when a signal arrives. One loop of the process may have them.
class Signal {
 public:
  Signal(Loop& loop, int number, std::function<void()> action);

 private:
  std::function<void()> action_;
  UvPtr<uv_signal_t> handle_;
};

/// Messages from any thread to the loop that owns this. The lock is held only to put a message in
/// or to take all of them out.
template <class Message>
class Inbox {
 public:
  /// `receive` gets each message, in order, on the loop's thread.
  Inbox(Loop& loop, std::function<void(Message&&)> receive);

  /// Thread safe; this must still exist.
  void post(Message message);

 private:
  void deliver();

  std::mutex mutex_;
  std::vector<Message> waiting_;
  std::function<void(Message&&)> receive_;
  UvPtr<uv_async_t> async_;
};

template <class Message>
Inbox<Message>::Inbox(Loop& loop, std::function<void(Message&&)> receive)
    : receive_(std::move(receive)), async_(make_uv<uv_async_t>(this, [&](uv_async_t* handle) {
        return uv_async_init(loop.raw(), handle, [](uv_async_t* woken) noexcept {
          if (woken->data != nullptr) static_cast<Inbox*>(woken->data)->deliver();
        });
      })) {
  if (!async_) throw std::runtime_error("no wake-up for the event loop");
}

template <class Message>
void Inbox<Message>::post(Message message) {
  const std::lock_guard lock(mutex_);
  waiting_.push_back(std::move(message));
  // Under the lock, so that the receiver cannot take the message and go away before this.
  uv_async_send(async_.get());
}

template <class Message>
void Inbox<Message>::deliver() {
  std::vector<Message> taken;
  {
    const std::lock_guard lock(mutex_);
    taken.swap(waiting_);
  }
  for (Message& message : taken) receive_(std::move(message));
}

}  // namespace mooring::server
