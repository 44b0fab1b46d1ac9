// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/handover/protocol/taker.hpp"

#include <algorithm>
#include <utility>

namespace mooring::server {

Taker::Taker(const LinkTiming& timing, TakerSettings settings, LinkOutput& output,
             TakerObserver& observer)
    : timing_(timing), settings_(std::move(settings)), output_(output), observer_(observer) {}

void Taker::start(Load load, TimePoint now) {
  load_ = load;
  heard_ = now;
  load_said_ = now;
}

tl::unexpected<Error> Taker::fail(const std::string& why) {
  end();
  return failure(why);
}

Result<void> Taker::receive(ByteView octets, TimePoint now) {
  heard_ = now;
  while (!ended_) {
    auto message = reader_.next(octets);
    if (!message) return fail(message.error().context);
    if (!*message) break;
    std::visit([&](auto& one) { handle(one); }, **message);
    if (!broken_.empty()) return fail(broken_);
  }
  return {};
}

void Taker::handle(Hello& message) {
  if (std::exchange(greeted_, true)) {
    return break_off("the host at the other end of the link greets twice");
  }
  if (message.host == settings_.own) {
    return break_off("the host at the other end of the link is this one");
  }
  observer_.on_hello(message);
  output_.send(encode(Welcome{settings_.own, settings_.program, settings_.most_offers,
                              settings_.most_octets, settings_.address, load_}));
}

void Taker::handle(Offer& message) {
  const std::size_t octets = message.tcp.size() + message.parcel.size();
  if (!greeted_) return break_off("the host at the other end of the link does not greet");
  if (message.id <= last_) return break_off("a session is offered twice");
  if (offers_.size() >= settings_.most_offers || octets > settings_.most_octets - octets_) {
    return break_off("more sessions are offered than may be under way");
  }
  last_ = message.id;
  octets_ += octets;
  offers_.emplace(message.id, Offered{State::offered, octets});
  observer_.on_offer(std::move(message));
}

void Taker::handle(OfferReleased& message) {
  const auto found = offers_.find(message.id);
  if (found == offers_.end() || found->second.state != State::taken) {
    return break_off("a session is released that was not taken");
  }
  octets_ -= found->second.octets;
  offers_.erase(found);
  observer_.on_released(message.id);
}

// Every offer is answered, also this one, so that the giver knows when its place is free. One that
// is not here was refused while the word was on its way.
void Taker::handle(OfferWithdrawn& message) {
  if (message.id > last_) return break_off("a session is withdrawn that was not offered");
  const auto found = offers_.find(message.id);
  if (found == offers_.end()) return;
  const bool answered = found->second.state == State::taken;
  octets_ -= found->second.octets;
  offers_.erase(found);
  if (!answered) output_.send(encode(OfferRefused{message.id, Refusal::withdrawn, {}}));
  observer_.on_withdrawn(message.id);
}

void Taker::handle(Alive& /*message*/) {}

template <class Other>
void Taker::handle(Other& /*message*/) {
  break_off("the host at the other end of the link says what only a taking one may say");
}

bool Taker::taken(OfferId id) {
  const auto found = offers_.find(id);
  if (found == offers_.end() || found->second.state != State::offered) return false;
  found->second.state = State::taken;
  output_.send(encode(OfferTaken{id}));
  return true;
}

void Taker::refuse(OfferId id, Refusal why, const std::string& text) {
  const auto found = offers_.find(id);
  if (found == offers_.end() || found->second.state != State::offered) return;
  octets_ -= found->second.octets;
  offers_.erase(found);
  output_.send(encode(OfferRefused{id, why, text}));
}

void Taker::session_ended(OfferId id) {
  if (!ended_) output_.send(encode(SessionEnded{id}));
}

Result<void> Taker::on_time(TimePoint now) {
  if (ended_) return {};
  if (now - heard_ >= timing_.dead_after) {
    return fail("the host at the other end of the link says nothing any more");
  }
  if (greeted_ && now - load_said_ >= timing_.alive_every) {
    load_said_ = now;
    output_.send(encode(LoadReport{load_}));
  }
  return {};
}

TimePoint Taker::deadline() const {
  if (ended_) return TimePoint::max();
  const TimePoint dead = heard_ + timing_.dead_after;
  return greeted_ ? std::min(dead, load_said_ + timing_.alive_every) : dead;
}

void Taker::end() {
  if (std::exchange(ended_, true)) return;
  octets_ = 0;
  for (const auto& [id, offered] : std::exchange(offers_, {})) observer_.on_withdrawn(id);
}

}  // namespace mooring::server
