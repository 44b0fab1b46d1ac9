// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/handover/link/secure_stream.hpp"
#include "server/handover/protocol/balance.hpp"
#include "server/handover/protocol/giver.hpp"
#include "server/io/loop.hpp"

namespace mooring::server {

/// A host that this one may give sessions to.
struct GivingPeer {
  std::string name;
  Endpoint address;          ///< where it listens for links
  tlsext::KeyPin pin{};      ///< of its key
  std::uint32_t weight = 1;  ///< how many sessions it gets, beside the others; 0: none by itself
};

struct GivingSettings {
  std::string certificate_pem;  ///< this host's, with its key
  std::string private_key_pem;
  std::vector<GivingPeer> peers;
  HostId own{};
  std::string program;  ///< its version
  LinkTiming timing;
  Milliseconds retry_after{2000};  ///< a link that is lost is made again
};

/// What GivingLinks tell; `peer` is a place in GivingSettings::peers. May offer, release and
/// withdraw.
class GivingObserver {
 public:
  virtual void on_link_up(std::size_t peer, const Welcome& welcome) = 0;
  /// Told when a link that was up is lost, and the first time that one cannot be made. All that was
  /// offered there and not released has come back before; of what was released no end will be told.
  virtual void on_link_down(std::size_t peer, const std::string& why) = 0;
  /// As in GiverObserver. The number of an offer is that of no other to this peer, also over a
  /// later link.
  virtual void on_taken(std::size_t peer, OfferId id) = 0;
  virtual void on_back(std::size_t peer, OfferId id, Parcel parcel, const std::string& why) = 0;
  virtual void on_ended(std::size_t peer, OfferId id) = 0;

 protected:
  ~GivingObserver() = default;
};

/// Links to all hosts that sessions may be given to, made and kept up by this host.
class GivingLinks {
 public:
  /// Fails when key, certificate or peers cannot be used. `loop` and `observer` outlive it.
  [[nodiscard]] static Result<std::unique_ptr<GivingLinks>> create(Loop& loop,
                                                                   GivingSettings settings,
                                                                   GivingObserver& observer);
  ~GivingLinks();

  /// Offers a connection, as Giver::offer() does: to that peer, or (none) to the one with the
  /// fewest sessions for its weight. The peer and the offer's number; none: no link has room.
  struct Offered {
    std::size_t peer = 0;
    OfferId id = 0;
  };
  [[nodiscard]] std::optional<Offered> offer(std::optional<std::size_t> peer, ByteView tcp,
                                             Parcel& parcel);
  /// Whether offer() would take one of so many octets, as far as can be said.
  [[nodiscard]] bool has_room(std::optional<std::size_t> peer, std::size_t octets) const;
  /// As Giver has them.
  bool release(const Offered& offered);
  void withdraw(const Offered& offered, const std::string& why);
  /// Of a peer's link: null when it is down.
  [[nodiscard]] const Giver* giver(std::size_t peer) const;
  /// All links end: what is not released comes back. To be called before its destruction, where
  /// that matters.
  void end(const std::string& why);
  /// Writes what was said, destroys what was lost: at the end of each turn of the loop.
  void end_turn();

 private:
  class Link;
  GivingLinks(Loop& loop, GivingSettings settings, GivingObserver& observer,
              std::shared_ptr<tlsext::LinkContext> context);
  [[nodiscard]] std::optional<std::size_t> choose(std::optional<std::size_t> peer,
                                                  std::size_t octets) const;
  void on_time();
  void set_timer();

  Loop& loop_;
  GivingSettings settings_;
  GivingObserver& observer_;
  std::shared_ptr<tlsext::LinkContext> context_;
  std::vector<std::unique_ptr<Link>> links_;  ///< one for each peer
  std::unique_ptr<Timer> timer_;
};

}  // namespace mooring::server
