// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "server/handover/protocol/message.hpp"
#include "server/handover/protocol/timing.hpp"

namespace mooring::server {

/// What a Taker is told to do. May call it.
class TakerObserver {
 public:
  /// Somebody greets.
  virtual void on_hello(const Hello& hello) = 0;
  /// To be answered by taken() or refuse(), now or later, unless it is withdrawn before.
  virtual void on_offer(Offer offer) = 0;
  /// One that was taken goes on from here.
  virtual void on_released(OfferId id) = 0;
  /// One that was offered or taken goes on where it was: here it is dropped without a word to the
  /// client.
  virtual void on_withdrawn(OfferId id) = 0;

 protected:
  ~TakerObserver() = default;
};

/// What a host takes from one link.
struct TakerSettings {
  HostId own{};
  std::string program;                     ///< its version
  std::uint32_t most_offers = 256;         ///< under way at a time
  std::uint32_t most_octets = 32U << 20U;  ///< in all of those together; more than one offer has
  LinkAddress address{};                   ///< where clients' packets are to go
};

/// The end of a link that takes connections. Nothing that it has taken may go on before it is
/// released; what is not when the link ends is withdrawn.
class Taker {
 public:
  /// `output` and `observer` outlive it.
  Taker(const LinkTiming& timing, TakerSettings settings, LinkOutput& output,
        TakerObserver& observer);

  /// The link is there.
  void start(Load load, TimePoint now);
  /// What the other end says. An error, one line: it breaks the protocol, and the link has ended.
  [[nodiscard]] Result<void> receive(ByteView octets, TimePoint now);
  /// To be called when deadline() has come; also when it has not. An error: the other end is dead,
  /// and the link has ended.
  [[nodiscard]] Result<void> on_time(TimePoint now);
  [[nodiscard]] TimePoint deadline() const;
  /// The link has ended: what was not released is withdrawn. Nothing more is sent.
  void end();

  /// It is there, and waits. False: it has been withdrawn, and must be dropped.
  bool taken(OfferId id);
  void refuse(OfferId id, Refusal why, const std::string& text);
  /// One that was released has come to its end.
  void session_ended(OfferId id);
  /// Is told to the other end before long.
  void set_load(Load load) { load_ = load; }

  /// Offered or taken, and not released.
  [[nodiscard]] std::size_t under_way() const { return offers_.size(); }
  [[nodiscard]] bool ended() const { return ended_; }

 private:
  enum class State : std::uint8_t { offered, taken };
  struct Offered {
    State state = State::offered;
    std::size_t octets = 0;
  };

  void handle(Hello& message);
  void handle(Offer& message);
  void handle(OfferReleased& message);
  void handle(OfferWithdrawn& message);
  void handle(Alive& message);
  template <class Other>
  void handle(Other& message);

  void break_off(std::string why) { broken_ = std::move(why); }
  [[nodiscard]] tl::unexpected<Error> fail(const std::string& why);

  LinkTiming timing_;
  TakerSettings settings_;
  LinkOutput& output_;
  TakerObserver& observer_;
  MessageReader reader_;
  std::map<OfferId, Offered> offers_;
  std::size_t octets_ = 0;
  Load load_;
  OfferId last_ = 0;
  TimePoint heard_;
  TimePoint load_said_;
  std::string broken_;
  bool greeted_ = false;
  bool ended_ = false;
};

}  // namespace mooring::server
