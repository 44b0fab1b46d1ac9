// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "server/handover/link/taking_links.hpp"
#include "server/handover/move/helper_keeper.hpp"

namespace mooring::server {

/// What becomes of connections that other hosts give.
class ArrivalsObserver {
 public:
  /// It goes on here; its number is for session_ended().
  virtual void on_arrived(TakingOffer number, Parcel parcel) = 0;
  /// One that was offered has not come: why.
  virtual void on_not_taken(const std::string& peer, const std::string& why) = 0;
  /// As in TakingObserver.
  virtual void on_link_up(const std::string& peer, const std::string& program) = 0;
  virtual void on_link_down(const std::string& peer, const std::string& why) = 0;
  virtual void on_stranger(const std::string& from, const std::string& why) = 0;

 protected:
  ~ArrivalsObserver() = default;
};

/// Connections that arrive from other hosts: made anew in this kernel, where each waits until its
/// giver has let go. On a thread of its own, as it waits for the helper.
class Arrivals final : private TakingObserver {
 public:
  /// Fails when key, certificate, peers, sockets or helper cannot be used. `capacity`: sessions
  /// that it may have at a time. `loop` and `observer` outlive this.
  [[nodiscard]] static Result<std::unique_ptr<Arrivals>> create(
      Loop& loop, TakingSettings settings, std::vector<OwnedFd> sockets, std::uint32_t capacity,
      std::function<Result<Helper>()> start_helper, ArrivalsObserver& observer);

  /// One that has arrived has come to its end.
  void session_ended(TakingOffer number);
  /// That have arrived and not ended.
  [[nodiscard]] std::size_t sessions() const { return sessions_; }
  /// At the end of each turn of the loop.
  void end_turn() { links_->end_turn(); }

 private:
  Arrivals(std::function<Result<Helper>()> start_helper, std::uint32_t capacity,
           ArrivalsObserver& observer)
      : helper_(std::move(start_helper)), observer_(observer), capacity_(capacity) {}

  void on_link_up(const std::string& peer, const Hello& hello) override;
  void on_link_down(const std::string& peer, const std::string& why) override;
  void on_stranger(const std::string& from, const std::string& why) override;
  void on_offer(TakingOffer offer, const std::string& peer, Offer what) override;
  void on_released(TakingOffer offer) override;
  void on_withdrawn(TakingOffer offer) override;
  void refuse(TakingOffer offer, const std::string& peer, Refusal why, const std::string& text);
  void tell_load();

  HelperKeeper helper_;
  ArrivalsObserver& observer_;
  std::uint32_t capacity_;
  std::uint32_t sessions_ = 0;
  std::map<TakingOffer, Parcel> held_;
  std::unique_ptr<TakingLinks> links_;
};

}  // namespace mooring::server
