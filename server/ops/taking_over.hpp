// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "server/control/channel.hpp"
#include "server/io/loop.hpp"
#include "server/ops/take_over_messages.hpp"

namespace mooring::server {

/// What a predecessor has handed over, and the connection to it.
struct Predecessor {
  Channel channel;
  Inheritance inheritance;
};

/// Asks the process that serves at the control socket `path` to hand over; waits for it. An error,
/// one line: there is none, it refuses, or does not say what it should.
[[nodiscard]] Result<Predecessor> ask_predecessor(const std::string& path,
                                                  const std::string& version);
/// The successor's side of a take-over, once it has what it needs to start: takes sessions. What
/// it has acknowledged is its own, and nothing else, as long as the predecessor lives.
class TakingOver {
 public:
  /// What is done to the service. The last call is one of done(), alone() and revoked().
  struct Service {
    /// Connections are to be taken.
    std::function<void()> begin;
    std::function<void(std::vector<Parcel> parcels)> take;
    /// What the predecessor has counted so far.
    std::function<void(const CounterTotals& totals)> totals;
    std::function<void()> done;
    /// The predecessor has died. All that it had, and that has come, is this process's.
    std::function<void(const std::string& why)> alone;
    /// The predecessor goes on by itself.
    std::function<void(const std::string& why)> revoked;
  };

  /// `loop` must outlive this. May throw std::runtime_error.
  TakingOver(Loop& loop, Channel channel, OwnedFd revocation, Service service);

  /// This process has all that it needs; it has not taken any connection yet.
  void ready();
  /// There will be no successor, or none for the sessions that are left, and why.
  void refuse(const std::string& why);
  /// This process ends, so that the predecessor goes on, if it has not got everything. None of the
  /// service's functions is called any more.
  void give_up();

 private:
  void on_ready();
  [[nodiscard]] bool handle(Frame frame);
  [[nodiscard]] bool take(Frame frame);
  void end(const std::string& why);
  [[nodiscard]] bool is_revoked() const;

  Channel channel_;
  OwnedFd revocation_;
  Service service_;
  bool begun_ = false;
  std::unique_ptr<Watch> watch_;
};

}  // namespace mooring::server
