// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "server/base/parcel.hpp"
#include "server/config/config.hpp"
#include "server/io/inbox.hpp"
#include "server/observe/log.hpp"

namespace mooring::server {

/// Sessions that go to other hosts and come from them: links, kernel and helper, on a thread of
/// their own. Used by the main thread.
class Handover {
 public:
  /// Called on the main thread's loop.
  struct Service {
    /// One of another host's, which goes on here; its number is for session_over().
    std::function<void(std::uint64_t number, Parcel parcel)> arrived;
    /// One that move() was given, and that has to go on here.
    std::function<void(Parcel parcel)> stayed;
    /// What became of one that move_to() was given: it has gone, or has to go on here.
    std::function<void()> moved;
    std::function<void(Parcel parcel, const std::string& why)> not_moved;
  };

  /// Starts what `config` wants: its handover section is on. The error is one line: key,
  /// certificate, address, interface or privilege is not what it takes. `loop` and `log` outlive
  /// this. May throw std::runtime_error.
  [[nodiscard]] static Result<std::unique_ptr<Handover>> start(const Config& config,
                                                               const std::string& version,
                                                               Loop& loop, Log& log,
                                                               const LoopFactory& make_loop,
                                                               Service service);
  ~Handover();

  /// Gives sessions to the backends: each to the one with the fewest.
  void move(std::vector<Parcel> parcels);
  /// Gives sessions to that peer.
  void move_to(std::size_t peer, std::vector<Parcel> parcels);
  /// Those that sessions may be given to: the backends, then the others that have an address, whose
  /// weight is 0.
  [[nodiscard]] const std::vector<HandoverPeer>& peers() const { return peers_; }
  [[nodiscard]] bool linked(std::size_t peer) const { return linked_.at(peer); }
  /// One that has arrived is over.
  void session_over(std::uint64_t number);
  /// Nothing leaves or arrives any more; those that were about to leave are told by stayed().
  void end();
  [[nodiscard]] bool going_on() const { return thread_.joinable(); }

 private:
  class Mover;
  struct Arrived {
    std::uint64_t number;
    Parcel parcel;
  };
  /// Of a session that move_to() was given.
  struct Moved {};
  struct Stayed {
    bool named;  ///< move_to() was given it
    Parcel parcel;
    std::string why;
  };
  struct LinkChanged {
    std::size_t peer;
    bool up;
  };
  using Event = std::variant<Arrived, Moved, Stayed, LinkChanged>;
  struct Give {
    std::optional<std::size_t> peer;
    std::vector<Parcel> parcels;
  };
  struct Over {
    std::uint64_t number;
  };
  struct Stop {};
  using Order = std::variant<Give, Over, Stop>;

  Handover(Loop& loop, Service service);
  void deliver(Event& event);
  void give(Give order);

  Service service_;
  std::vector<HandoverPeer> peers_;
  std::vector<bool> linked_;
  Inbox<Event> events_;
  std::unique_ptr<Loop> loop_;  ///< of the thread
  std::unique_ptr<Mover> mover_;
  std::unique_ptr<Inbox<Order>> orders_;
  std::thread thread_;
};

}  // namespace mooring::server
