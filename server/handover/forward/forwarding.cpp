// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/handover/forward/forwarding.hpp"

#include <libmnl/libmnl.h>
#include <libnftnl/set.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "server/handover/forward/forward_table.hpp"

namespace mooring::server {

namespace {

/// What is known of an element that is to be changed: the kernel says otherwise by refusing.
enum class There { no, yes };

struct Change {
  const TcpConnection* connection;
  const Forward* forward;  ///< null: to be removed
  There there;
};

/// The transaction as a whole is tried again as often as the kernel may say that an element is
/// there after all, or no more: once, but for a timeout that passes in between.
constexpr int kMostTries = 4;

void put_element(nlmsghdr* header, const std::string& table, const Change& change, bool with_data) {
  const NftSet set(nftnl_set_alloc());
  nftnl_set_set_str(set.get(), NFTNL_SET_TABLE, table.c_str());
  nftnl_set_set_str(set.get(), NFTNL_SET_NAME, map_of(change.connection->client.address.family));
  nftnl_set_elem* element = nftnl_set_elem_alloc();
  const ForwardKey key(*change.connection);
  nftnl_set_elem_set(element, NFTNL_SET_ELEM_KEY, key.data(), key.size());
  if (with_data) {
    nftnl_set_elem_set(element, NFTNL_SET_ELEM_DATA, change.forward->to.data(),
                       static_cast<std::uint32_t>(change.forward->to.size()));
    nftnl_set_elem_set_u64(element, NFTNL_SET_ELEM_TIMEOUT,
                           std::uint64_t{change.forward->seconds} * 1000);
  }
  nftnl_set_elem_add(set.get(), element);  // the set owns it from now on
  nftnl_set_elems_nlmsg_build_payload(header, set.get());
}

/// Returns, for each message, which change it belongs to.
std::vector<std::size_t> write_changes(NftTransaction& transaction, const std::string& table,
                                       std::span<const Change> changes) {
  std::vector<std::size_t> owners;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const Change& change = changes[i];
    if (change.there == There::yes) {
      transaction.add(NFT_MSG_DELSETELEM, 0,
                      [&](nlmsghdr* header) { put_element(header, table, change, false); });
      owners.push_back(i);
    }
    if (change.forward != nullptr) {
      transaction.add(NFT_MSG_NEWSETELEM, NLM_F_CREATE | NLM_F_EXCL,
                      [&](nlmsghdr* header) { put_element(header, table, change, true); });
      owners.push_back(i);
    }
  }
  return owners;
}

/// Takes in what the kernel says is there or is not. Anything else is an error.
Result<void> learn(std::span<const NftRefusal> refusals, std::span<const std::size_t> owners,
                   std::span<Change> changes) {
  for (const NftRefusal& refusal : refusals) {
    if (refusal.error == EEXIST) {
      changes[owners[refusal.message]].there = There::yes;
    } else if (refusal.error == ENOENT) {
      changes[owners[refusal.message]].there = There::no;
    } else if (refusal.error == ENFILE) {
      return failure("too many connections are forwarded", ENFILE);
    } else {
      return failure(std::string("nftables: ") + std::strerror(refusal.error), refusal.error);
    }
  }
  return {};
}

Result<void> apply(const NftSocket& socket, const std::string& table, std::vector<Change> changes) {
  for (int left = kMostTries; left > 0; --left) {
    NftTransaction transaction;
    const auto owners = write_changes(transaction, table, changes);
    if (owners.empty()) return {};
    const auto refusals = std::move(transaction).commit(socket);
    if (!refusals) return tl::make_unexpected(refusals.error());
    if (refusals->empty()) return {};
    if (auto learnt = learn(*refusals, owners, changes); !learnt) return learnt;
  }
  return failure("nftables says now that a connection is forwarded, now that it is not", EAGAIN);
}

}  // namespace

Result<Forwarding> Forwarding::open(const std::string& from, const std::string& to) {
  auto socket = NftSocket::open();
  if (!socket) return tl::make_unexpected(socket.error());
  const auto device = find_interface(to);
  if (!device) return tl::make_unexpected(device.error());
  if (auto found = find_interface(from); !found) return tl::make_unexpected(found.error());
  std::string table = "mooring-" + from;
  if (auto made = make_forward_table(*socket, table, from, *device); !made)
    return tl::make_unexpected(made.error());
  return Forwarding(std::move(*socket), std::move(table));
}

Result<void> Forwarding::add(std::span<const Forward> forwards) {
  std::vector<Change> changes;
  for (const Forward& forward : forwards)
    changes.push_back({&forward.connection, &forward, There::no});
  return apply(socket_, table_, std::move(changes));
}

Result<void> Forwarding::remove(std::span<const TcpConnection> connections) {
  std::vector<Change> changes;
  for (const TcpConnection& connection : connections)
    changes.push_back({&connection, nullptr, There::yes});
  return apply(socket_, table_, std::move(changes));
}

}  // namespace mooring::server
