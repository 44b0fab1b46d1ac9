// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "server/handover/link/secure_stream.hpp"
#include "server/handover/protocol/taker.hpp"
#include "server/io/loop.hpp"

namespace mooring::server {

struct TakingSettings {
  std::string certificate_pem;  ///< this host's, with its key
  std::string private_key_pem;
  std::vector<tlsext::LinkPeer> peers;  ///< who may give
  TakerSettings taker;                  ///< of each link
  LinkTiming timing;
};

/// An offer over one of many links, none of which has another's number.
struct TakingOffer {
  std::uint64_t link = 0;
  OfferId id = 0;

  friend auto operator<=>(const TakingOffer&, const TakingOffer&) = default;
};

/// What TakingLinks tell; as in TakerObserver. May answer.
class TakingObserver {
 public:
  virtual void on_link_up(const std::string& peer, const Hello& hello) = 0;
  /// All that was under way over it has been withdrawn before.
  virtual void on_link_down(const std::string& peer, const std::string& why) = 0;
  /// Somebody was turned away, or went, before he was a peer; `from` may be empty.
  virtual void on_stranger(const std::string& from, const std::string& why) = 0;
  virtual void on_offer(TakingOffer offer, const std::string& peer, Offer what) = 0;
  virtual void on_released(TakingOffer offer) = 0;
  virtual void on_withdrawn(TakingOffer offer) = 0;

 protected:
  ~TakingObserver() = default;
};

/// Links from all hosts that may give sessions to this one, made by those.
class TakingLinks {
 public:
  /// Connections that may be there before they have shown a key; one more is closed at once.
  static constexpr std::size_t kMostStrangers = 16;

  /// `sockets` are bound and listen. Fails when key, certificate, peers or sockets cannot be used.
  /// `loop` and `observer` outlive it.
  [[nodiscard]] static Result<std::unique_ptr<TakingLinks>> create(Loop& loop,
                                                                   TakingSettings settings,
                                                                   std::vector<OwnedFd> sockets,
                                                                   TakingObserver& observer);
  ~TakingLinks();

  /// As Taker has them. A link that is gone is no matter: false.
  bool taken(TakingOffer offer);
  void refuse(TakingOffer offer, Refusal why, const std::string& text);
  void session_ended(TakingOffer offer);
  /// Is told to all givers before long.
  void set_load(Load load);
  /// Writes what was said, destroys what was lost: at the end of each turn of the loop.
  void end_turn();

 private:
  class Link;
  TakingLinks(Loop& loop, TakingSettings settings, TakingObserver& observer,
              std::shared_ptr<tlsext::LinkContext> context);
  void on_connection(std::unique_ptr<Stream> stream);
  void replace(const std::string& peer, const Link& with);
  [[nodiscard]] Taker* taker(std::uint64_t link);
  void on_time();
  void set_timer();

  Loop& loop_;
  TakingSettings settings_;
  TakingObserver& observer_;
  std::shared_ptr<tlsext::LinkContext> context_;
  Load load_;
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, std::unique_ptr<Link>> links_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::unique_ptr<Timer> timer_;
};

}  // namespace mooring::server
