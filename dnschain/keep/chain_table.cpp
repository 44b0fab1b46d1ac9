// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/keep/chain_table.hpp"

#include <algorithm>

namespace mooring::dnschain {
namespace {

auto key_of(const PublishedChain& chain) {
  return std::pair<std::string_view, Port>(chain.service.base_domain(), chain.service.port());
}

/// `chains` is sorted.
const PublishedChain* look_up(const std::vector<PublishedChain>& chains,
                              std::string_view base_domain, Port port) {
  const std::pair key(base_domain, port);
  const auto found = std::ranges::lower_bound(chains, key, {}, key_of);
  return found == chains.end() || key_of(*found) != key ? nullptr : &*found;
}

}  // namespace

ChainTable::ChainTable(std::vector<PublishedChain> chains, std::vector<PublishedChain> withdrawn)
    : chains_(std::move(chains)), withdrawn_(std::move(withdrawn)) {
  std::ranges::sort(chains_, {}, key_of);
  std::ranges::sort(withdrawn_, {}, key_of);
}

const PublishedChain* ChainTable::find(std::string_view base_domain, Port port) const {
  return look_up(chains_, base_domain, port);
}

const PublishedChain* ChainTable::last_known(std::string_view base_domain, Port port) const {
  const PublishedChain* const served = find(base_domain, port);
  return served != nullptr ? served : look_up(withdrawn_, base_domain, port);
}

ChainTable remembered_chains(const KeeperState& state) {
  std::vector<PublishedChain> out;
  for (const StoredService& stored : state.services) {
    PublishedChain known{.service = stored.service};
    known.history = stored.history;
    out.push_back(std::move(known));
  }
  return ChainTable({}, std::move(out));
}

}  // namespace mooring::dnschain
