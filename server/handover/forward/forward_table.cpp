// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/handover/forward/forward_table.hpp"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace mooring::server {

namespace {

constexpr const char* kChain = "forward";
/// Before the chains of others: what is forwarded is none of their business.
constexpr std::int32_t kPriority = -500;
constexpr std::uint32_t kMostElements = 1U << 18U;

// The numbers that the program nft gives to the types of a key's parts, so that it shows them as
// what they are; the kernel does not look at them.
constexpr std::uint32_t kTypeV4 = 7;
constexpr std::uint32_t kTypeV6 = 8;
constexpr std::uint32_t kTypeMac = 9;
constexpr std::uint32_t kTypePort = 13;

// Registers of four octets: the key (at most ten of them), then what is found.
constexpr std::uint32_t kKey = NFT_REG32_00;
constexpr std::uint32_t kFound = NFT_REG32_10;
constexpr std::uint32_t kOwnMac = NFT_REG32_12;
constexpr std::uint32_t kDevice = NFT_REG32_14;

struct Family {
  const char* map;
  std::uint32_t address_type;
  std::uint16_t protocol;
  std::uint32_t address_size;
  std::uint32_t source;  ///< where in the IP header the source's address is
};
constexpr Family kV4{"moved4", kTypeV4, ETH_P_IP, 4, 12};
constexpr Family kV6{"moved6", kTypeV6, ETH_P_IPV6, 16, 8};

struct TableFree {
  void operator()(nftnl_table* table) const { nftnl_table_free(table); }
};
struct ChainFree {
  void operator()(nftnl_chain* chain) const { nftnl_chain_free(chain); }
};
struct RuleFree {
  void operator()(nftnl_rule* rule) const { nftnl_rule_free(rule); }
};
using Rule = std::unique_ptr<nftnl_rule, RuleFree>;

void add_table(NftTransaction& transaction, const std::string& name) {
  transaction.add(NFT_MSG_NEWTABLE, NLM_F_CREATE, [&](nlmsghdr* header) {
    const std::unique_ptr<nftnl_table, TableFree> table(nftnl_table_alloc());
    nftnl_table_set_str(table.get(), NFTNL_TABLE_NAME, name.c_str());
    nftnl_table_nlmsg_build_payload(header, table.get());
  });
}

void add_map(NftTransaction& transaction, const std::string& table, const Family& family,
             std::uint32_t id) {
  transaction.add(NFT_MSG_NEWSET, NLM_F_CREATE, [&](nlmsghdr* header) {
    const NftSet set(nftnl_set_alloc());
    nftnl_set_set_str(set.get(), NFTNL_SET_TABLE, table.c_str());
    nftnl_set_set_str(set.get(), NFTNL_SET_NAME, family.map);
    nftnl_set_set_u32(set.get(), NFTNL_SET_ID, id);
    nftnl_set_set_u32(set.get(), NFTNL_SET_FLAGS, NFT_SET_MAP | NFT_SET_TIMEOUT);
    const std::uint32_t side = family.address_type << 6U | kTypePort;
    nftnl_set_set_u32(set.get(), NFTNL_SET_KEY_TYPE, side << 12U | side);
    nftnl_set_set_u32(set.get(), NFTNL_SET_KEY_LEN, 2 * (family.address_size + 4));
    nftnl_set_set_u32(set.get(), NFTNL_SET_DATA_TYPE, kTypeMac);
    nftnl_set_set_u32(set.get(), NFTNL_SET_DATA_LEN, ETH_ALEN);
    nftnl_set_set_u32(set.get(), NFTNL_SET_DESC_SIZE, kMostElements);
    nftnl_set_nlmsg_build_payload(header, set.get());
  });
}

void add_chain(NftTransaction& transaction, const std::string& table, const std::string& device) {
  transaction.add(NFT_MSG_NEWCHAIN, NLM_F_CREATE, [&](nlmsghdr* header) {
    const std::unique_ptr<nftnl_chain, ChainFree> chain(nftnl_chain_alloc());
    nftnl_chain_set_str(chain.get(), NFTNL_CHAIN_TABLE, table.c_str());
    nftnl_chain_set_str(chain.get(), NFTNL_CHAIN_NAME, kChain);
    nftnl_chain_set_str(chain.get(), NFTNL_CHAIN_TYPE, "filter");
    nftnl_chain_set_u32(chain.get(), NFTNL_CHAIN_HOOKNUM, NF_NETDEV_INGRESS);
    nftnl_chain_set_s32(chain.get(), NFTNL_CHAIN_PRIO, kPriority);
    nftnl_chain_set_str(chain.get(), NFTNL_CHAIN_DEV, device.c_str());
    nftnl_chain_set_u32(chain.get(), NFTNL_CHAIN_POLICY, NF_ACCEPT);
    nftnl_chain_nlmsg_build_payload(header, chain.get());
  });
}

/// An expression with numbers for attributes.
nftnl_expr* expression(const char* name,
                       std::initializer_list<std::pair<std::uint16_t, std::uint32_t>> attributes) {
  nftnl_expr* out = nftnl_expr_alloc(name);
  for (const auto& [attribute, value] : attributes) nftnl_expr_set_u32(out, attribute, value);
  return out;
}

void compare(nftnl_rule* rule, std::uint32_t meta, const void* value, std::uint32_t size) {
  nftnl_rule_add_expr(
      rule, expression("meta", {{NFTNL_EXPR_META_KEY, meta}, {NFTNL_EXPR_META_DREG, kKey}}));
  nftnl_expr* equal =
      expression("cmp", {{NFTNL_EXPR_CMP_SREG, kKey}, {NFTNL_EXPR_CMP_OP, NFT_CMP_EQ}});
  nftnl_expr_set(equal, NFTNL_EXPR_CMP_DATA, value, size);
  nftnl_rule_add_expr(rule, equal);
}

void load(nftnl_rule* rule, std::uint32_t base, std::uint32_t offset, std::uint32_t size,
          std::uint32_t where) {
  nftnl_rule_add_expr(rule, expression("payload", {{NFTNL_EXPR_PAYLOAD_BASE, base},
                                                   {NFTNL_EXPR_PAYLOAD_OFFSET, offset},
                                                   {NFTNL_EXPR_PAYLOAD_LEN, size},
                                                   {NFTNL_EXPR_PAYLOAD_DREG, where}}));
}

void load_key(nftnl_rule* rule, const Family& family) {
  const std::uint32_t registers = family.address_size / 4;
  const std::uint32_t second = kKey + registers + 1;
  load(rule, NFT_PAYLOAD_NETWORK_HEADER, family.source, family.address_size, kKey);
  load(rule, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 2, kKey + registers);
  load(rule, NFT_PAYLOAD_NETWORK_HEADER, family.source + family.address_size, family.address_size,
       second);
  load(rule, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, second + registers);
}

/// Writes a MAC address from registers into the frame's header.
void store_mac(nftnl_rule* rule, std::uint32_t from, std::uint32_t offset) {
  nftnl_rule_add_expr(rule, expression("payload", {{NFTNL_EXPR_PAYLOAD_BASE, NFT_PAYLOAD_LL_HEADER},
                                                   {NFTNL_EXPR_PAYLOAD_OFFSET, offset},
                                                   {NFTNL_EXPR_PAYLOAD_LEN, ETH_ALEN},
                                                   {NFTNL_EXPR_PAYLOAD_SREG, from}}));
}

void immediate(nftnl_rule* rule, std::uint32_t where, const void* value, std::uint32_t size) {
  nftnl_expr* out = expression("immediate", {{NFTNL_EXPR_IMM_DREG, where}});
  nftnl_expr_set(out, NFTNL_EXPR_IMM_DATA, value, size);
  nftnl_rule_add_expr(rule, out);
}

/// IP of the family, TCP, no later fragment (there the ports cannot be loaded): a connection that
/// is in the map has its MAC addresses rewritten and leaves through the device.
void add_rule(NftTransaction& transaction, const std::string& table, const Family& family,
              const NetworkInterface& to) {
  transaction.add(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, [&](nlmsghdr* header) {
    const Rule rule(nftnl_rule_alloc());
    nftnl_rule_set_str(rule.get(), NFTNL_RULE_TABLE, table.c_str());
    nftnl_rule_set_str(rule.get(), NFTNL_RULE_CHAIN, kChain);
    const std::uint16_t protocol = htons(family.protocol);
    compare(rule.get(), NFT_META_PROTOCOL, &protocol, sizeof protocol);
    const std::uint8_t tcp = IPPROTO_TCP;
    compare(rule.get(), NFT_META_L4PROTO, &tcp, sizeof tcp);
    load_key(rule.get(), family);
    nftnl_expr* lookup =
        expression("lookup", {{NFTNL_EXPR_LOOKUP_SREG, kKey}, {NFTNL_EXPR_LOOKUP_DREG, kFound}});
    nftnl_expr_set_str(lookup, NFTNL_EXPR_LOOKUP_SET, family.map);
    nftnl_rule_add_expr(rule.get(), lookup);
    store_mac(rule.get(), kFound, 0);
    immediate(rule.get(), kOwnMac, to.mac.data(), ETH_ALEN);
    store_mac(rule.get(), kOwnMac, ETH_ALEN);
    immediate(rule.get(), kDevice, &to.index, sizeof to.index);
    nftnl_rule_add_expr(rule.get(), expression("fwd", {{NFTNL_EXPR_FWD_SREG_DEV, kDevice}}));
    nftnl_rule_nlmsg_build_payload(header, rule.get());
  });
}

void remove_rules(NftTransaction& transaction, const std::string& table) {
  transaction.add(NFT_MSG_DELRULE, 0, [&](nlmsghdr* header) {
    const Rule rule(nftnl_rule_alloc());
    nftnl_rule_set_str(rule.get(), NFTNL_RULE_TABLE, table.c_str());
    nftnl_rule_set_str(rule.get(), NFTNL_RULE_CHAIN, kChain);
    nftnl_rule_nlmsg_build_payload(header, rule.get());
  });
}

Error unfit(const std::string& table, int error) {
  if (error == EPERM) return {"nftables is not permitted: it needs CAP_NET_ADMIN", error};
  if (error == EOPNOTSUPP || error == ENOENT)
    return {
        "the kernel lacks what nftables needs to forward packets (CONFIG_NF_TABLES_NETDEV, "
        "CONFIG_NFT_FWD_NETDEV)",
        error};
  return {"nftables table netdev " + table + ": " + std::strerror(error), error};
}

}  // namespace

void NftSetFree::operator()(nftnl_set* set) const {
  nftnl_set_free(set);
}

const char* map_of(IpFamily family) {
  return family == IpFamily::v4 ? kV4.map : kV6.map;
}

ForwardKey::ForwardKey(const TcpConnection& connection) {
  put(connection.client);
  put(connection.service);
}

void ForwardKey::put(const Endpoint& endpoint) {
  const auto width = endpoint.address.width() / 8;
  std::copy_n(endpoint.address.octets.begin(), width, octets_.begin() + size_);
  size_ += width;
  octets_.at(size_) = static_cast<std::uint8_t>(endpoint.port >> 8U);
  octets_.at(size_ + 1) = static_cast<std::uint8_t>(endpoint.port & 0xffU);
  size_ += 4;
}

Result<void> make_forward_table(const NftSocket& socket, const std::string& table,
                                const std::string& from, const NetworkInterface& to) {
  NftTransaction transaction;
  add_table(transaction, table);
  add_map(transaction, table, kV4, 1);
  add_map(transaction, table, kV6, 2);
  add_chain(transaction, table, from);
  remove_rules(transaction, table);
  add_rule(transaction, table, kV4, to);
  add_rule(transaction, table, kV6, to);
  const auto refusals = std::move(transaction).commit(socket);
  if (!refusals) return tl::make_unexpected(unfit(table, refusals.error().system));
  if (!refusals->empty()) return tl::make_unexpected(unfit(table, refusals->front().error));
  return {};
}

}  // namespace mooring::server
