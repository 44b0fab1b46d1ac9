// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dnschain/build/builder.hpp"
#include "dnschain/dane/dane.hpp"
#include "dnschain/dns/service.hpp"
#include "dnschain/keep/ask_list.hpp"
#include "dnschain/keep/chain_table.hpp"
#include "dnschain/keep/keeper_event.hpp"
#include "dnschain/keep/keeper_state.hpp"
#include "dnschain/proof/serialiser.hpp"
#include "dnschain/proof/trust_anchor.hpp"
#include "dnschain/proof/verifier.hpp"

namespace mooring::dnschain {

struct KeptService {
  Service service;
  std::chrono::hours support_lifetime{0};
  PresentedIdentity presented;  ///< what is being served for it, to be matched with its TLSA RRset
};

struct KeeperSettings {
  std::vector<KeptService> services;
  TrustAnchor anchor;
  ChainPrefix prefix = ChainPrefix::absent;
  std::chrono::seconds grace{5};        ///< past the TTL, never past the signatures (RFC 9102, 4)
  std::chrono::seconds ask_timeout{5};  ///< for one question
  VerifyLimits verify_limits;
  BuilderLimits builder_limits;
  /// Services that are no longer kept and whose announced support lifetimes are to be forgotten
  /// although clients may still hold pins.
  std::vector<Service> forget;
};

/// How one service stands, for a person.
struct ServiceStatus {
  Service service;
  bool removed = false;                    ///< not in the settings; kept up for the sake of pins
  bool published = false;                  ///< a chain is served
  VerdictKind kind{};                      ///< what it proves, when published
  std::string text{};                      ///< the same in words, or why there is no chain
  WallTime until{};                        ///< when published: from here on it must not be served
  WallTime fetched{};                      ///< when published: the moment of its oldest answer
  WallTime next_refresh{};                 ///< at the latest; in the past while one is running
  std::string last_failure{};              ///< of the latest refresh; empty when it went well
  std::uint64_t refreshes = 0;             ///< that went well, since the start
  std::uint64_t failures = 0;              ///< the other ones
  std::chrono::hours support_lifetime{0};  ///< announced now
  WallTime pinned_until{};         ///< from here on no client holds a pin: safe to switch off
  std::optional<bool> matches{};   ///< a TLSA record matches what is presented; nothing if unknown
  std::vector<TlsaRecord> tlsa{};  ///< when published and secure
};

/// Keeps a chain fresh for every service: builds at start, verifies, publishes, refreshes ahead of
/// the earliest bound, withdraws at it. Remembers until when clients may hold pins, and keeps up a
/// service that was removed before that moment, with support lifetime 0 (RFC 9102, 10). No clock,
/// no socket, no file: the caller gives the time, sends the questions, brings the answers and
/// stores the state.
class Keeper {
 public:
  using AskId = dnschain::AskId;
  using Ask = dnschain::Ask;

  /// `random` gives numbers for jitter; any source will do. `stored` is what an earlier keeper had;
  /// its chains are verified and served at the first tick().
  Keeper(KeeperSettings settings, std::function<std::uint32_t()> random, KeeperState stored = {});
  ~Keeper();
  Keeper(Keeper&&) noexcept;
  Keeper& operator=(Keeper&&) noexcept;

  /// Does what is due at `now`. To be called at the start, at next_wakeup() and after answers.
  void tick(WallTime now);
  [[nodiscard]] WallTime next_wakeup() const;

  /// Questions to send now, each given out once. Each must be followed by answer() or fail(); what
  /// is not needed any more when it comes is ignored, and one that takes longer than the timeout
  /// counts as failed at the next tick().
  [[nodiscard]] std::vector<Ask> take_asks();
  void answer(AskId id, ByteView message, WallTime now);
  void fail(AskId id, std::string_view reason, WallTime now);

  /// Other settings from now on; chains of services that stay are kept if the anchor still proves
  /// them.
  void reconfigure(KeeperSettings settings, WallTime now);

  /// The clock says `now`, and it was set by `step` since the last call, negative when back. What
  /// is served is judged by the new time, and is no younger for it; builds begin anew, all at once.
  void clock_set(std::chrono::seconds step, WallTime now);

  /// Refreshes the chains of all services now, whatever their age.
  void refresh(WallTime now);

  /// What may be served; another pointer whenever it has changed.
  [[nodiscard]] std::shared_ptr<const ChainTable> table() const;
  [[nodiscard]] std::vector<KeeperEvent> take_events();
  [[nodiscard]] std::vector<ServiceStatus> status() const;

  /// All that another keeper needs to go on where this one is.
  [[nodiscard]] KeeperState state() const;
  /// What is to be stored, as long as it is not. It holds until when clients may be told to insist
  /// on the extension: the table announces no more than what is stored.
  [[nodiscard]] std::optional<KeeperState> unstored_state() const;
  /// What unstored_state() gave at this moment is on disk. Without a place to store it in the
  /// caller says so all the same. table() may be another one afterwards.
  void state_stored(WallTime now);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mooring::dnschain
