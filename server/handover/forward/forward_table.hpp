// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "server/base/result.hpp"
#include "server/handover/forward/nft_transaction.hpp"
#include "server/handover/helper/network_interface.hpp"
#include "server/handover/helper/request.hpp"

struct nftnl_set;

// The table in which the kernel finds what to forward: how it is made, and what its keys are.

namespace mooring::server {

struct NftSetFree {
  void operator()(nftnl_set* set) const;
};
using NftSet = std::unique_ptr<nftnl_set, NftSetFree>;

/// Name of the map for connections of a family.
[[nodiscard]] const char* map_of(IpFamily family);

/// A connection as the maps know it: client's address and port, service's address and port, each
/// filled up to four octets, the size of a register.
class ForwardKey {
 public:
  explicit ForwardKey(const TcpConnection& connection);
  [[nodiscard]] const std::uint8_t* data() const { return octets_.data(); }
  [[nodiscard]] std::uint32_t size() const { return size_; }

 private:
  void put(const Endpoint& endpoint);

  std::array<std::uint8_t, 40> octets_{};
  std::uint32_t size_ = 0;
};

/// Makes table, maps, chain and rules at one moment. Those of an earlier process are taken over
/// with what the maps hold; its rules are replaced.
[[nodiscard]] Result<void> make_forward_table(const NftSocket& socket, const std::string& table,
                                              const std::string& from, const NetworkInterface& to);

}  // namespace mooring::server
