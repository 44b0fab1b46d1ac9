// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <memory>

#include "server/io/listener.hpp"
#include "server/io/stream.hpp"
#include "server/io/timer.hpp"
#include "server/io/watch.hpp"

namespace mooring::server {

/// A callback for a signal, for as long as this lives. Its loop must outlive it.
class Signal {
 public:
  Signal() = default;
  virtual ~Signal() = default;
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;
};

/// Has a callback run on the loop's thread. The loop must outlive it.
class WakeUp {
 public:
  WakeUp() = default;
  virtual ~WakeUp() = default;
  WakeUp(const WakeUp&) = delete;
  WakeUp& operator=(const WakeUp&) = delete;

  /// Thread safe; several calls may become one callback.
  virtual void wake() = 0;
};

/// The event loop of one thread, and the maker of all that lives on it, which must be destroyed
/// before it. Used by that thread alone, but for WakeUp.
///
/// What is made once, when the loop's user begins, is there or std::runtime_error is thrown; what
/// is made for a connection may fail for want of descriptors or memory, and says so.
class Loop {
 public:
  Loop() = default;
  virtual ~Loop() = default;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Runs until stop(); also when there is nothing to do.
  virtual void run() = 0;
  virtual void stop() = 0;
  /// The time at the start of this turn, in whole milliseconds.
  [[nodiscard]] virtual TimePoint now() const = 0;
  /// Calls `action` at the end of each turn: after the timers, and again after all input has been
  /// handled. At most one action.
  virtual void at_end_of_turn(std::function<void()> action) = 0;

  [[nodiscard]] virtual std::unique_ptr<Timer> make_timer(std::function<void()> action) = 0;
  /// One loop of the process may have signals.
  [[nodiscard]] virtual std::unique_ptr<Signal> make_signal(int number,
                                                            std::function<void()> action) = 0;
  [[nodiscard]] virtual std::unique_ptr<WakeUp> make_wake_up(std::function<void()> action) = 0;

  /// A stream that starts to connect; `owner` as for Stream::set_owner(). It may be written to when
  /// it is connected.
  [[nodiscard]] virtual Result<std::unique_ptr<Stream>> connect(const Endpoint& to,
                                                                StreamOwner& owner) = 0;
  /// Goes on with a connection that was given away. On an error `state` is as before.
  [[nodiscard]] virtual Result<std::unique_ptr<Stream>> adopt(StreamState& state) = 0;
  /// Takes connections from a socket that listens; its backlog is set again, as libuv has no other
  /// way. On an error the socket is closed, and listens no longer wherever else it is open.
  [[nodiscard]] virtual Result<std::unique_ptr<Listener>> listen(OwnedFd socket, int backlog,
                                                                 OnConnection on_connection) = 0;
  /// Calls `action` whenever the descriptor is ready for something that the watch is set to.
  [[nodiscard]] virtual Result<std::unique_ptr<Watch>> watch(int descriptor,
                                                             std::function<void()> action) = 0;
};

/// Makes a loop for a thread; throws std::runtime_error when there is none to be had.
using LoopFactory = std::function<std::unique_ptr<Loop>()>;

}  // namespace mooring::server
