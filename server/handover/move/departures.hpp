// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/handover/link/giving_links.hpp"
#include "server/handover/move/helper_keeper.hpp"

namespace mooring::server {

/// What becomes of connections that were to leave.
class DeparturesObserver {
 public:
  /// It lives on another host.
  virtual void on_moved(std::uint64_t tag, std::size_t peer) = 0;
  /// It is here, as it was: why it has not gone.
  virtual void on_stayed(std::uint64_t tag, Parcel parcel, const std::string& why) = 0;
  /// As in GivingObserver.
  virtual void on_link_up(std::size_t peer, const std::string& program) = 0;
  virtual void on_link_down(std::size_t peer, const std::string& why) = 0;
  /// Packets of connections that have ended are still passed on, until their time is over: why.
  virtual void on_not_forgotten(const std::string& why) = 0;

 protected:
  ~DeparturesObserver() = default;
};

/// Connections that leave for other hosts: held, offered with their TCP state, and let go of when
/// their clients' packets go where they are. On a thread of its own, as it waits for the helper.
class Departures final : private GivingObserver {
 public:
  /// That are held at a time: what a client sends meanwhile it has to send again, so few.
  static constexpr std::size_t kMostHeld = 4;
  /// For how long packets are passed on if nobody says that the connection has ended.
  static constexpr std::uint32_t kForwardSeconds = 86'400;

  /// Fails when key, certificate, peers or helper cannot be used. `start_helper` gives one that
  /// forwards (Helper::use_interfaces). `loop` and `observer` outlive this.
  [[nodiscard]] static Result<std::unique_ptr<Departures>> create(
      Loop& loop, GivingSettings settings, std::function<Result<Helper>()> start_helper,
      DeparturesObserver& observer);

  /// Has a connection leave, as soon as others before it have: to that peer, or to the one with the
  /// fewest sessions. Nobody may read its descriptor or write to it any more.
  void move(std::uint64_t tag, std::optional<std::size_t> peer, Parcel parcel);
  /// That wait or are under way.
  [[nodiscard]] std::size_t waiting() const { return waiting_.size() + held_.size(); }
  /// Nothing leaves any more: what waits, or is under way, stays. Before its destruction.
  void end(const std::string& why);
  /// At the end of each turn of the loop.
  void end_turn();

 private:
  struct Waiting {
    std::uint64_t tag = 0;
    std::optional<std::size_t> peer;
    Parcel parcel;
  };
  using Key = std::pair<std::size_t, OfferId>;
  struct Held {
    std::uint64_t tag = 0;
    TcpConnection connection;
    int descriptor = -1;  ///< of the parcel, which the links have
  };

  Departures(std::function<Result<Helper>()> start_helper, std::size_t peers,
             DeparturesObserver& observer)
      : helper_(std::move(start_helper)), observer_(observer), addresses_(peers), hosts_(peers) {}

  void on_link_up(std::size_t peer, const Welcome& welcome) override;
  void on_link_down(std::size_t peer, const std::string& why) override;
  void on_taken(std::size_t peer, OfferId id) override;
  void on_back(std::size_t peer, OfferId id, Parcel parcel, const std::string& why) override;
  void on_ended(std::size_t peer, OfferId id) override;

  void hold(Waiting next);
  void stay(std::uint64_t tag, Parcel parcel, std::string why);
  void forward_taken();
  void forget_ended();

  HelperKeeper helper_;
  DeparturesObserver& observer_;
  std::unique_ptr<GivingLinks> links_;
  std::vector<MacAddress> addresses_;  ///< of each peer
  std::vector<HostId> hosts_;          ///< whom the peer's link was with last
  std::deque<Waiting> waiting_;
  std::map<Key, Held> held_;
  std::vector<Key> taken_;  ///< in this turn
  std::map<Key, TcpConnection> away_;
  std::vector<TcpConnection> ended_;  ///< whose packets are to be passed on no more
};

}  // namespace mooring::server
