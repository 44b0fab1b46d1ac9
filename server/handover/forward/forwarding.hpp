// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <span>
#include <string>

#include "server/base/result.hpp"
#include "server/handover/forward/nft_transaction.hpp"
#include "server/handover/helper/request.hpp"

namespace mooring::server {

/// Has the kernel pass the packets of connections that were moved on to the hosts that have them
/// now: an nftables table "mooring-INTERFACE" of the family netdev, with a map for each family from
/// (client, service) to a MAC address. What matches is sent on as it is but for both its MAC
/// addresses, before any firewall rule, route or socket of this host has seen it. With the sender's
/// own address a switch would look for the client where this host is.
///
/// Needs CAP_NET_ADMIN. The table stays when the process ends: the connections live on elsewhere.
class Forwarding {
 public:
  /// Makes the table for what comes in at `from` and goes out through `to`, or takes over the one
  /// that is there, with what is in its maps.
  [[nodiscard]] static Result<Forwarding> open(const std::string& from, const std::string& to);

  /// All at one moment, or none; what is there already is replaced.
  [[nodiscard]] Result<void> add(std::span<const Forward> forwards);
  /// All at one moment; what is not there does not matter.
  [[nodiscard]] Result<void> remove(std::span<const TcpConnection> connections);

 private:
  Forwarding(NftSocket socket, std::string table)
      : socket_(std::move(socket)), table_(std::move(table)) {}

  NftSocket socket_;
  std::string table_;
};

}  // namespace mooring::server
