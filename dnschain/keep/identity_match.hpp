// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>

#include "dnschain/dane/dane.hpp"
#include "dnschain/keep/keeper_event.hpp"
#include "dnschain/proof/verifier.hpp"

namespace mooring::dnschain {

/// Whether clients can authenticate by the TLSA records that are served what is presented beside
/// them, and when it is to be said that they cannot: at each change, and daily, as the line of the
/// first day is soon out of sight.
class IdentityMatch {
 public:
  /// What is to be said of it.
  struct Fault {
    KeeperEvent::Kind kind{};  ///< `mismatch` or `no_tlsa`
    std::string text;
  };

  /// Compares what a chain proves with what is presented. Gives a fault when it is to be said now.
  [[nodiscard]] std::optional<Fault> compare(const Verdict& verdict,
                                             const PresentedIdentity& presented,
                                             const Service& service, WallTime now);
  /// Nothing is served, or nothing of it is to be compared.
  void none() { matches_.reset(); }
  /// Something else is presented from now on: a fault of it is news.
  void other_identity() { said_.clear(); }

  /// Of the last comparison; nothing while there is none.
  [[nodiscard]] std::optional<bool> matches() const { return matches_; }

 private:
  [[nodiscard]] std::optional<Fault> say(Fault fault, WallTime now);

  std::optional<bool> matches_;
  std::string said_;  ///< the last fault; empty while clients can authenticate
  WallTime said_at_{};
};

}  // namespace mooring::dnschain
