// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dnschain/keep/chain_table.hpp"
#include "server/config/config.hpp"

namespace mooring::server {

/// Whether a new certificate may be shown to clients.
struct SwitchVerdict {
  bool use = true;
  std::string why;                               ///< when not: what is missing, one line
  std::optional<dnschain::WallTime> not_before;  ///< when only time is missing
};

/// A client that authenticates by DANE must find the new certificate in the TLSA RRset that it may
/// have cached (RFC 7671, 8). So for every service a record that is published must match the new
/// certificate, for two TTLs, and every RRset seen before that only the old certificate matches
/// must have run out everywhere; unless what is published does not match the old certificate: then
/// it serves nobody who gets the chain with it.
[[nodiscard]] SwitchVerdict judge_switch(const dnschain::ChainTable& chains,
                                         const IdentityConfig& current, const IdentityConfig& next,
                                         dnschain::WallTime now);

/// New certificates that have to wait, by the name of their identity.
class CertificateSwitch {
 public:
  /// A new certificate waits, and the old one stays in use.
  struct Held {
    std::string name;
    std::string why;
  };

  /// For each identity of `next` that is in `current` too, with another certificate or key: puts
  /// the current one back when the new one has to wait. Forgets what was held before. Returns what
  /// is held now. To be called on an object of its own, which takes the old one's place once the
  /// rest of `next` has been found good.
  std::vector<Held> hold(Config& next, const Config& current, const dnschain::ChainTable& chains,
                         dnschain::WallTime now);

  /// Puts what need not wait any more into `config`. Returns the names of these identities; they
  /// are held until forget(), in case that `config` cannot be used.
  std::vector<std::string> release(Config& config, const dnschain::ChainTable& chains,
                                   dnschain::WallTime now);
  /// These are in use now.
  void forget(const std::vector<std::string>& names);

  /// When something may be released without a new chain.
  [[nodiscard]] std::optional<dnschain::WallTime> next_release() const { return next_release_; }
  [[nodiscard]] bool empty() const { return held_.empty(); }
  [[nodiscard]] std::size_t size() const { return held_.size(); }

 private:
  void note(const SwitchVerdict& verdict);

  std::map<std::string, IdentityConfig> held_;
  std::optional<dnschain::WallTime> next_release_;
};

}  // namespace mooring::server
