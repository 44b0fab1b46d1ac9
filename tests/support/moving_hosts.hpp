// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/handover/move/arrivals.hpp"
#include "server/handover/move/departures.hpp"
#include "support/host_links.hpp"
#include "support/three_hosts.hpp"

namespace mooring::test {

/// A helper on a host; one that forwards, if it is asked for.
[[nodiscard]] server::Result<server::Helper> helper_on(const NetworkNamespace& host, bool forwards);
/// The MAC address of a host's eth0.
[[nodiscard]] server::LinkAddress address_of(const NetworkNamespace& host);

/// A front and a backend, each with its helper, and a real link between them, on one loop. Run it
/// on the front.
struct MovingHosts final : server::DeparturesObserver, server::ArrivalsObserver {
  /// Throws when there is no link within 20 s.
  explicit MovingHosts(ThreeHosts& on, std::uint32_t capacity = 10'000);

  /// Moves the conversation's end on the front; false when that takes longer than 20 s.
  [[nodiscard]] bool move(Conversation& talk, const std::string& octets);

  void on_moved(std::uint64_t tag, std::size_t peer) override;
  void on_stayed(std::uint64_t tag, server::Parcel parcel, const std::string& why) override;
  void on_link_up(std::size_t peer, const std::string& program) override;
  void on_link_down(std::size_t peer, const std::string& why) override;
  void on_not_forgotten(const std::string& why) override;
  void on_arrived(server::TakingOffer number, server::Parcel parcel) override;
  void on_not_taken(const std::string& peer, const std::string& why) override;
  void on_link_up(const std::string& peer, const std::string& program) override;
  void on_link_down(const std::string& peer, const std::string& why) override;
  void on_stranger(const std::string& from, const std::string& why) override;

  ThreeHosts& hosts;
  TestLoop world;
  std::unique_ptr<server::Arrivals> arrivals;
  std::unique_ptr<server::Departures> departures;
  bool up = false;
  std::vector<std::uint64_t> moved;
  std::map<std::uint64_t, std::pair<server::Parcel, std::string>> stayed;
  std::vector<std::pair<server::TakingOffer, server::Parcel>> arrived;
  std::vector<std::string> troubles;
  std::vector<pid_t> front_helpers;  ///< those that were started, the last one lives
};

}  // namespace mooring::test
