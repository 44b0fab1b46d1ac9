// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "server/control/channel.hpp"
#include "server/control/request.hpp"
#include "server/io/loop.hpp"
#include "server/ops/take_over_messages.hpp"
#include "server/worker/giving.hpp"

namespace mooring::server {

/// The predecessor's side of a take-over: gives a successor what the service has, in the end its
/// sessions. What the successor has not said to be its own goes back to the workers when it fails,
/// however it does.
class HandingOver {
 public:
  /// What is done to the service.
  struct Service {
    /// The successor has all but the sessions: it takes connections from now on, this one must not.
    std::function<void()> begin;
    std::function<std::size_t()> workers;  ///< how many there are
    /// To the worker with the order's tag, which answers by on_given().
    std::function<void(const GiveOrder& order)> give;
    std::function<void(std::size_t worker, std::vector<Parcel> parcels)> take_back;
    std::function<CounterTotals()> totals;
    /// All has gone; the successor is about to hear so.
    std::function<void(int successor)> before_done;
    /// One of these is the last call, from a turn of the loop of its own.
    std::function<void(const HandedOver& what)> done;
    std::function<void(const std::string& why)> failed;
  };
  /// For how long each step may take.
  struct Patience {
    Milliseconds ready{90'000};      ///< for the successor to have made all that can fail
    Milliseconds taken{5'000};       ///< for sessions to be acknowledged
    Milliseconds busy{250};          ///< for those with queries in flight to have their answers
    Milliseconds ending{1'000};      ///< for those that end, once they are the only ones
    Milliseconds handshake{15'000};  ///< for those that are not open; what is left then stays
  };

  /// `channel` leads to the successor, whose process has this number. `loop` must outlive this.
  HandingOver(Loop& loop, Channel channel, Inheritance inheritance, int successor, Service service,
              Patience patience);
  ~HandingOver();

  void on_given(std::size_t worker, std::vector<Parcel> parcels, const Remaining& remaining);
  /// Ends it as a failure, unless the successor has all; either way the successor is to end too.
  void end(const std::string& why);
  /// Neither done() nor failed() has been called.
  [[nodiscard]] bool going_on() const { return state_ != State::ended; }

 private:
  enum class State : std::uint8_t { offering, giving, finishing, ended };
  /// What is known of a worker, and asked of it.
  struct Giver {
    Remaining remaining;
    bool asked = false;
    bool known = false;  ///< it has answered once
    TimePoint next;      ///< when it is to be asked again
  };
  struct Unacknowledged {
    SessionBatch batch;
    std::size_t worker;
    std::size_t octets;
  };

  void offer();
  void on_ready();
  void on_time();
  void set_timer();
  [[nodiscard]] Result<void> receive();
  [[nodiscard]] Result<void> handle(const Frame& frame);
  [[nodiscard]] Result<void> on_taken(const Frame& frame);
  void begin();
  void look_whether_it_lives();
  void ask();
  void send_batch(std::size_t worker, std::vector<Parcel> parcels);
  void send(OutFrame frame);
  void finish_if_all_gone();
  [[nodiscard]] bool all_gone() const;
  void fail(const std::string& why);
  void conclude();

  Loop& loop_;
  Channel channel_;
  Inheritance inheritance_;  ///< its descriptors, until all is over
  const int successor_;
  Service service_;
  const Patience patience_;
  std::vector<Giver> givers_;
  std::deque<Unacknowledged> unacknowledged_;
  std::size_t octets_ = 0;  ///< in those
  std::uint32_t number_ = 0;
  std::size_t sessions_ = 0;  ///< that the successor has
  State state_ = State::offering;
  TimePoint began_;
  TimePoint deadline_;     ///< for the successor's next word
  TimePoint silent_from_;  ///< when it has had nothing to acknowledge for a while
  std::string why_;        ///< it failed
  bool concluded_ = false;
  std::unique_ptr<Timer> timer_;
  std::unique_ptr<Watch> watch_;
};

}  // namespace mooring::server
