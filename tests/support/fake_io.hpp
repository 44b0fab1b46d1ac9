// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "server/io/loop.hpp"

namespace mooring::test {

class FakeLoop;

/// The other end of a stream, and the kernel between: what a test sees of a stream and does to it.
/// Lives longer than the stream.
class FakePeer {
 public:
  explicit FakePeer(const server::Endpoint& at) : address(at) {}

  // What the peer does. Octets and ends wait until the stream reads; turn() gives it those.
  void connect();
  void send(const std::string& octets);
  void finish();
  void reset(const server::Error& why = {"connection reset by peer", 104});
  /// The kernel takes so many octets more, of those that wait first.
  void take(std::size_t octets);
  /// Nothing is written any more; what waits is lost. The stream may find out when it reads.
  void break_writes();

  server::Endpoint address;
  bool known = true;  ///< whether peer() tells the address
  /// What the kernel takes before it says EAGAIN.
  std::size_t room = std::numeric_limits<std::size_t>::max();
  bool releases = true;  ///< whether release() succeeds

  std::string sent;     ///< what the kernel has taken
  std::string kept;     ///< what waits for it
  bool shut = false;    ///< FIN was asked for
  bool closed = false;  ///< the stream is gone
  bool reading = false;
  unsigned acknowledged = 0;

 private:
  friend class FakeLoop;
  friend class FakeStream;
  void deliver();

  server::Stream* stream_ = nullptr;  ///< null once it is gone
  FakeLoop* loop_ = nullptr;          ///< that the stream is on
  std::string unread_;
  bool finished_ = false;
  std::optional<server::Error> broken_;
  bool writable_ = true;
};

/// A loop whose time the test sets and whose events it makes. turn() is one turn.
class FakeLoop final : public server::Loop {
 public:
  FakeLoop();
  ~FakeLoop() override;

  /// Has wake-ups and what peers sent arrive, then calls the end of the turn.
  void turn();
  /// Sets the time forward and runs the timers that are due, in order; each has a turn of its own.
  void advance(server::Milliseconds by);
  /// A client connects to a listener, numbered in the order in which they were made.
  std::shared_ptr<FakePeer> arrive(const server::Endpoint& from, std::size_t listener = 0);
  /// As arrive(), with an address that the system does not tell.
  std::shared_ptr<FakePeer> arrive_unknown(std::size_t listener = 0);
  /// A connection that could not be accepted.
  void fail_accept(const server::Error& why, std::size_t listener = 0);
  /// What a signal does.
  void raise(int number);

  /// Each is one step of run(), with a turn after it; run() ends with the last one or stop().
  std::deque<std::function<void()>> steps;
  /// Whether run(), without a step left, waits for wake-ups from other threads, as a real loop
  /// does. One that fails to come keeps it for 20 s only.
  bool waits = false;
  /// When set, what is made fails with it; timers, signals and wake-ups throw its text.
  std::optional<server::Error> refuses;
  /// The same for listeners alone.
  std::optional<server::Error> refuses_to_listen;
  /// Of all that connect() was asked for and has not refused.
  std::vector<std::shared_ptr<FakePeer>> connections;

  [[nodiscard]] bool stopped() const { return stopped_; }
  /// Those that still listen.
  [[nodiscard]] std::size_t listening() const;

  void run() override;
  void stop() override { stopped_ = true; }
  [[nodiscard]] server::TimePoint now() const override { return now_; }
  void at_end_of_turn(std::function<void()> action) override { end_of_turn_ = std::move(action); }
  [[nodiscard]] std::unique_ptr<server::Timer> make_timer(std::function<void()> action) override;
  [[nodiscard]] std::unique_ptr<server::Signal> make_signal(int number,
                                                            std::function<void()> action) override;
  [[nodiscard]] std::unique_ptr<server::WakeUp> make_wake_up(std::function<void()> action) override;
  [[nodiscard]] server::Result<std::unique_ptr<server::Stream>> connect(
      const server::Endpoint& to, server::StreamOwner& owner) override;
  /// Of a stream that any loop of this process has released.
  [[nodiscard]] server::Result<std::unique_ptr<server::Stream>> adopt(
      server::StreamState& state) override;
  [[nodiscard]] server::Result<std::unique_ptr<server::Listener>> listen(
      server::OwnedFd socket, int backlog, server::OnConnection on_connection) override;
  /// turn() looks whether the descriptor, a real one, is ready.
  [[nodiscard]] server::Result<std::unique_ptr<server::Watch>> watch(
      int descriptor, std::function<void()> action) override;

 private:
  friend class FakeTimer;
  friend class FakeSignal;
  friend class FakeWakeUp;
  friend class FakeListener;
  friend class FakeWatch;
  void check_refusal() const;
  [[nodiscard]] bool await_wake_up();
  std::shared_ptr<FakePeer> arrive(const std::shared_ptr<FakePeer>& peer, std::size_t listener);
  [[nodiscard]] class FakeTimer* next_timer() const;

  server::TimePoint now_{server::Milliseconds{1'000'000}};
  std::function<void()> end_of_turn_;
  bool stopped_ = false;
  std::mutex mutex_;
  std::condition_variable woken_;
  std::vector<class FakeTimer*> timers_;
  std::multimap<int, class FakeSignal*> signals_;
  std::vector<class FakeWakeUp*> wake_ups_;
  std::vector<class FakeListener*> listeners_;  ///< null when gone
  std::vector<class FakeWatch*> watches_;
  std::vector<std::shared_ptr<FakePeer>> peers_;
};

}  // namespace mooring::test
