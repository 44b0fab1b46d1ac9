// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <string_view>

#include "dnschain/keep/keeper.hpp"
#include "dnschain/proof/serialiser.hpp"
#include "support/caching_resolver.hpp"
#include "support/signed_tree.hpp"

namespace mooring::test {

inline constexpr std::string_view kOwner = "_853._tcp.dot.example.";
inline constexpr dnschain::WallTime kStart = SignedTree::kNow;

inline dnschain::Service service(std::string_view host = "dot.example") {
  return dnschain::Service::create(host, dnschain::Port{853}).value();
}

/// A tree with one TLSA RRset, and a resolver for it.
struct World {
  explicit World(std::uint32_t ttl = 3600) : tree(spec(".", ttl)) {
    tree.zone(spec("example.", ttl));
    tree.tlsa(kOwner, 0xab, ttl);
  }
  /// Ed25519: the same data has the same signature each time that it is signed.
  static ZoneSpec spec(const char* zone, std::uint32_t ttl) {
    return {.name = zone, .algorithm = 15, .ttl = std::max(ttl, 3600U)};
  }
  dnschain::KeeperSettings settings(std::chrono::hours lifetime = {}) {
    dnschain::KeeperSettings out;
    out.services.push_back({service(), lifetime, {}});
    out.anchor = tree.anchor();
    return out;
  }

  SignedTree tree;
  CachingResolver resolver{[this](const dnschain::Question& question, dnschain::WallTime) {
    return tree.answer(question);
  }};
};

/// The smallest TTL that is sent with records of `type`.
inline std::uint32_t sent_ttl(const dnschain::PublishedChain& chain, dnschain::RrType type) {
  const auto body = dnschain::parse_extension_body(*chain.body).value();
  std::uint32_t smallest = 0xffffffff;
  for (const dnschain::Record& record : body.records) {
    if (record.type == type) smallest = std::min(smallest, record.ttl);
  }
  return smallest;
}

/// The support lifetime that is sent.
inline std::chrono::hours sent_lifetime(const dnschain::PublishedChain& chain) {
  return dnschain::parse_extension_body(*chain.body).value().support_lifetime;
}

}  // namespace mooring::test
