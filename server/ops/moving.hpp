// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/base/parcel.hpp"
#include "server/control/request.hpp"
#include "server/io/loop.hpp"
#include "server/worker/giving.hpp"

namespace mooring::server {

/// The sessions that there are go to another host: one worker after the other, in batches.
class Moving {
 public:
  /// What is done to the service.
  struct Service {
    std::function<std::size_t()> workers;  ///< how many there are
    /// To a worker; is answered by on_given().
    std::function<void(std::size_t worker, const GiveOrder& order)> give;
    /// To the peer; each is answered by on_moved() or on_stayed().
    std::function<void(std::size_t peer, std::vector<Parcel> parcels)> move;
    std::function<void(std::size_t worker, Parcel parcel)> take_back;
    /// The last call of a move.
    std::function<void(const SessionsMoved& what)> done;
  };

  /// `loop` must outlive this.
  Moving(Loop& loop, Service service);

  /// Moves the sessions of clients from there (none: all) to that peer. None may be going on.
  void start(std::size_t peer, std::optional<IpPrefix> client);
  void on_given(std::vector<Parcel> parcels, const Remaining& remaining);
  void on_moved();
  void on_stayed(Parcel parcel, const std::string& why);
  /// Ends it as it stands, unless it has ended.
  void cancel(const std::string& why);
  [[nodiscard]] bool going_on() const { return going_on_; }

 private:
  void ask();
  void settle();
  void next_worker();
  void end();

  Loop& loop_;
  const Service service_;
  std::unique_ptr<Timer> timer_;
  bool going_on_ = false;
  std::size_t peer_ = 0;
  std::optional<IpPrefix> client_;
  SessionsMoved what_;
  TimePoint began_;
  std::size_t worker_ = 0;           ///< the one that gives
  std::optional<std::size_t> most_;  ///< sessions to be tried of it, once it has answered
  Remaining remaining_;              ///< what it has said last
  TimePoint patient_until_;          ///< for those that it cannot give at the moment
  std::size_t under_way_ = 0;
  std::size_t stayed_ = 0;  ///< of this batch
  std::size_t moved_ = 0;   ///< of this batch
};

}  // namespace mooring::server
