// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <memory>
#include <string_view>
#include <vector>

#include "dnschain/dane/tlsa_history.hpp"
#include "dnschain/dns/service.hpp"
#include "dnschain/keep/keeper_state.hpp"
#include "dnschain/proof/verifier.hpp"

namespace mooring::dnschain {

/// One chain that may be served, ready made.
struct PublishedChain {
  Service service;
  /// The extension's octets: lifetime, then chain. Shared by the tables it is in and by handshakes
  /// that are still sending it.
  std::shared_ptr<const Bytes> body = {};
  VerdictKind kind{};    ///< secure, denial or insecure; never bogus
  WallTime until{};      ///< from here on it must not be served
  bool removed = false;  ///< not in the settings any more; kept up for the sake of pins
  std::vector<TlsaRecord> tlsa = {};  ///< when secure
  /// The TLSA RRsets that clients may go by; the last one is what is published.
  std::vector<SeenTlsa> history = {};
};

/// All chains that may be served now. Immutable; readers may keep it for as long as they like but
/// must honour `until`.
class ChainTable {
 public:
  /// `withdrawn`: the last ones, without body, of services that have none now.
  explicit ChainTable(std::vector<PublishedChain> chains,
                      std::vector<PublishedChain> withdrawn = {});

  /// `base_domain` in lower case without a final dot. Null when there is none.
  [[nodiscard]] const PublishedChain* find(std::string_view base_domain, Port port) const;
  /// What was proven last, whether or not it may still be served. Null when nothing ever was.
  [[nodiscard]] const PublishedChain* last_known(std::string_view base_domain, Port port) const;
  [[nodiscard]] const std::vector<PublishedChain>& chains() const { return chains_; }

 private:
  std::vector<PublishedChain> chains_;
  std::vector<PublishedChain> withdrawn_;
};

/// What an earlier keeper knew: nothing to serve, but last_known() tells of every service.
[[nodiscard]] ChainTable remembered_chains(const KeeperState& state);

}  // namespace mooring::dnschain
