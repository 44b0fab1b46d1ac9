// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/chain_table.hpp"

#include <algorithm>
#include <tuple>

namespace mooring::dnschain {
namespace {

auto key_of(const PublishedChain& chain) {
  return std::pair<std::string_view, Port>(chain.service.base_domain(), chain.service.port());
}

}  // namespace

ChainTable::ChainTable(std::vector<PublishedChain> chains) : chains_(std::move(chains)) {
  std::ranges::sort(chains_, {}, key_of);
}

const PublishedChain* ChainTable::find(std::string_view base_domain, Port port) const {
  const std::pair key(base_domain, port);
  const auto found = std::ranges::lower_bound(chains_, key, {}, key_of);
  return found == chains_.end() || key_of(*found) != key ? nullptr : &*found;
}

}  // namespace mooring::dnschain
