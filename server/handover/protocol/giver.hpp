// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "server/handover/protocol/message.hpp"
#include "server/handover/protocol/timing.hpp"

namespace mooring::server {

/// What becomes of what a Giver was given. May call it.
class GiverObserver {
 public:
  /// The other end can be offered something.
  virtual void on_welcome(const Welcome& welcome) = 0;
  /// It is there and waits: to be followed by release(), once the client's packets go there, or by
  /// withdraw().
  virtual void on_taken(OfferId id) = 0;
  /// It goes on here, where it was: why.
  virtual void on_back(OfferId id, Parcel parcel, const std::string& why) = 0;
  /// One that was released has ended over there.
  virtual void on_ended(OfferId id) = 0;

 protected:
  ~GiverObserver() = default;
};

/// The end of a link that gives connections away. A connection that is offered belongs to the
/// Giver, which has it in one of three ways: unanswered, taken (it waits over there), or withdrawn
/// (and unanswered). It goes on over there only when it has been released, and from then on never
/// here: it is held by one of the two at most, whatever is lost between them. What is not released
/// when the link ends comes back.
class Giver {
 public:
  /// `output` and `observer` outlive it. The first offer has the number after `last`.
  Giver(const LinkTiming& timing, const HostId& own, LinkOutput& output, GiverObserver& observer,
        OfferId last = 0);

  /// Greets the other end.
  void start(const std::string& program, TimePoint now);
  /// What the other end says. An error, one line: it breaks the protocol, and the link has ended.
  [[nodiscard]] Result<void> receive(ByteView octets, TimePoint now);
  /// To be called when deadline() has come; also when it has not. An error: the other end is dead,
  /// and the link has ended.
  [[nodiscard]] Result<void> on_time(TimePoint now);
  [[nodiscard]] TimePoint deadline() const;
  /// The link has ended: what was not released comes back. Nothing more is sent or told.
  void end(const std::string& why);

  /// Whether an offer of so many octets, TCP state and parcel, may be made now.
  [[nodiscard]] bool has_room(std::size_t octets) const;
  /// Offers a connection; its parcel is moved from. None, and the parcel is as it was: has_room()
  /// said no, or there is no memory. `tcp` has at most kMostTcpOctets.
  [[nodiscard]] std::optional<OfferId> offer(ByteView tcp, Parcel& parcel, TimePoint now);
  /// Lets go of one that was taken: its descriptor is closed here, which must say nothing to the
  /// client. False: it was not ours to release any more.
  bool release(OfferId id, TimePoint now);
  /// Takes one back that has not been released.
  void withdraw(OfferId id, const std::string& why, TimePoint now);

  /// Sessions over there by what was said last, with those that are on their way.
  [[nodiscard]] std::size_t sessions_there() const;
  [[nodiscard]] const Load& load() const { return load_; }
  /// Released, and not said to have ended.
  [[nodiscard]] std::size_t away() const { return away_.size(); }
  [[nodiscard]] bool welcomed() const { return welcomed_; }
  /// Number of the last offer.
  [[nodiscard]] OfferId last() const { return last_; }
  [[nodiscard]] bool ended() const { return ended_; }

 private:
  enum class State : std::uint8_t { unanswered, taken, withdrawn };
  struct Offered {
    State state = State::unanswered;
    std::size_t octets = 0;
    TimePoint answer_by;
    Parcel parcel;
  };
  using Offers = std::map<OfferId, Offered>;

  void handle(const Welcome& message);
  void handle(const OfferTaken& message);
  void handle(const OfferRefused& message);
  void handle(const SessionEnded& message);
  void handle(const LoadReport& message);
  template <class Other>
  void handle(const Other& message);

  void send(ByteView message, TimePoint now);
  void forget(Offers::iterator offer);
  void break_off(std::string why) { broken_ = std::move(why); }
  [[nodiscard]] tl::unexpected<Error> fail(const std::string& why);

  LinkTiming timing_;
  HostId own_;
  LinkOutput& output_;
  GiverObserver& observer_;
  MessageReader reader_;
  SecretArena arena_;
  Offers offers_;  ///< in the order of their times
  std::size_t octets_ = 0;
  std::set<OfferId> away_;
  Load load_;
  std::int64_t since_load_ = 0;  ///< released less ended, since it was said
  std::uint32_t most_offers_ = 0;
  std::uint32_t most_octets_ = 0;
  OfferId last_;
  TimePoint heard_;
  TimePoint said_;
  std::string broken_;
  bool welcomed_ = false;
  bool ended_ = false;
};

}  // namespace mooring::server
