// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "server/io/loop.hpp"

namespace mooring::server {

/// Messages from any thread to the loop that owns this. The lock is held only to put a message in
/// or to take all of them out.
template <class Message>
class Inbox {
 public:
  /// `receive` gets each message, in order, on the loop's thread. As Loop::make_wake_up().
  Inbox(Loop& loop, std::function<void(Message&&)> receive)
      : receive_(std::move(receive)), wake_up_(loop.make_wake_up([this] { deliver(); })) {}

  /// Thread safe; this must still exist.
  void post(Message message) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(message));
    // Under the lock, so that the receiver cannot take the message and go away before this.
    wake_up_->wake();
  }

 private:
  void deliver();

  std::mutex mutex_;
  std::vector<Message> waiting_;
  std::function<void(Message&&)> receive_;
  std::unique_ptr<WakeUp> wake_up_;
};

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
