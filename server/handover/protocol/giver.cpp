// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/handover/protocol/giver.hpp"

#include <algorithm>
#include <utility>

namespace mooring::server {

Giver::Giver(const LinkTiming& timing, const HostId& own, LinkOutput& output,
             GiverObserver& observer, OfferId last)
    : timing_(timing), own_(own), output_(output), observer_(observer), last_(last) {}

void Giver::start(const std::string& program, TimePoint now) {
  heard_ = now;
  send(encode(Hello{own_, program}), now);
}

void Giver::send(ByteView message, TimePoint now) {
  said_ = now;
  output_.send(message);
}

tl::unexpected<Error> Giver::fail(const std::string& why) {
  end(why);
  return failure(why);
}

Result<void> Giver::receive(ByteView octets, TimePoint now) {
  heard_ = now;
  while (!ended_) {
    auto message = reader_.next(octets);
    if (!message) return fail(message.error().context);
    if (!*message) break;
    std::visit([&](const auto& one) { handle(one); }, **message);
    if (!broken_.empty()) return fail(broken_);
  }
  return {};
}

// The first word, and once.
void Giver::handle(const Welcome& message) {
  if (welcomed_) return break_off("the host at the other end of the link greets twice");
  if (message.host == own_) return break_off("the host at the other end of the link is this one");
  welcomed_ = true;
  most_offers_ = message.most_offers;
  most_octets_ = message.most_octets;
  load_ = message.load;
  observer_.on_welcome(message);
}

void Giver::handle(const OfferTaken& message) {
  const auto found = offers_.find(message.id);
  if (found == offers_.end() || found->second.state == State::taken) {
    return break_off("a session that was not offered is answered");
  }
  if (found->second.state == State::withdrawn) return forget(found);  // it drops it, when it hears
  found->second.state = State::taken;
  observer_.on_taken(message.id);
}

void Giver::handle(const OfferRefused& message) {
  const auto found = offers_.find(message.id);
  if (found == offers_.end() || found->second.state == State::taken) {
    return break_off("a session that was not offered is refused");
  }
  const bool withdrawn = found->second.state == State::withdrawn;
  Parcel parcel = std::move(found->second.parcel);
  forget(found);
  if (!withdrawn) observer_.on_back(message.id, std::move(parcel), describe(message));
}

void Giver::handle(const SessionEnded& message) {
  if (away_.erase(message.id) == 0) {
    return break_off("a session that was not given is said to have ended");
  }
  --since_load_;
  observer_.on_ended(message.id);
}

void Giver::handle(const LoadReport& message) {
  if (!welcomed_) return break_off("the host at the other end of the link does not greet");
  load_ = message.load;
  since_load_ = 0;
}

template <class Other>
void Giver::handle(const Other& /*message*/) {
  break_off("the host at the other end of the link says what only a giving one may say");
}

bool Giver::has_room(std::size_t octets) const {
  return welcomed_ && !ended_ && offers_.size() < most_offers_ &&
         octets <= most_octets_ - octets_ && sessions_there() < load_.capacity;
}

std::optional<OfferId> Giver::offer(ByteView tcp, Parcel& parcel, TimePoint now) {
  const std::size_t octets = tcp.size() + parcel.octets.size();
  if (!has_room(octets)) return std::nullopt;
  const auto message = encode_offer(last_ + 1, tcp, parcel.octets.view(), arena_);
  if (!message) return std::nullopt;
  const OfferId id = ++last_;
  octets_ += octets;
  offers_.emplace(
      id, Offered{State::unanswered, octets, now + timing_.answer_within, std::move(parcel)});
  send(message->view(), now);
  return id;
}

void Giver::forget(Offers::iterator offer) {
  octets_ -= offer->second.octets;
  offers_.erase(offer);
}

bool Giver::release(OfferId id, TimePoint now) {
  const auto found = offers_.find(id);
  if (found == offers_.end() || found->second.state != State::taken) return false;
  away_.insert(id);
  ++since_load_;
  forget(found);  // before it goes on over there
  send(encode(OfferReleased{id}), now);
  return true;
}

void Giver::withdraw(OfferId id, const std::string& why, TimePoint now) {
  const auto found = offers_.find(id);
  if (found == offers_.end() || found->second.state == State::withdrawn) return;
  Parcel parcel = std::move(found->second.parcel);
  if (found->second.state == State::taken) {
    forget(found);
  } else {
    found->second.state = State::withdrawn;  // its place is taken until there is an answer
  }
  send(encode(OfferWithdrawn{id}), now);
  observer_.on_back(id, std::move(parcel), why);
}

Result<void> Giver::on_time(TimePoint now) {
  if (ended_) return {};
  if (now - heard_ >= timing_.dead_after) {
    return fail("the host at the other end of the link says nothing any more");
  }
  const auto late = [&](const Offers::value_type& entry) {
    return entry.second.state == State::unanswered && entry.second.answer_by <= now;
  };
  while (!ended_) {
    const auto found = std::ranges::find_if(offers_, late);
    if (found == offers_.end()) break;
    withdraw(found->first, "it was not answered in time", now);
  }
  if (!ended_ && now - said_ >= timing_.alive_every) send(encode(Alive{}), now);
  return {};
}

TimePoint Giver::deadline() const {
  if (ended_) return TimePoint::max();
  TimePoint next = std::min(heard_ + timing_.dead_after, said_ + timing_.alive_every);
  const auto unanswered = std::ranges::find_if(offers_, [](const Offers::value_type& entry) {
    return entry.second.state == State::unanswered;
  });
  if (unanswered != offers_.end()) next = std::min(next, unanswered->second.answer_by);
  return next;
}

void Giver::end(const std::string& why) {
  if (std::exchange(ended_, true)) return;
  octets_ = 0;
  for (Offers offers = std::exchange(offers_, {}); auto& [id, offered] : offers) {
    if (offered.state != State::withdrawn) observer_.on_back(id, std::move(offered.parcel), why);
  }
}

std::size_t Giver::sessions_there() const {
  const std::int64_t known = std::int64_t{load_.sessions} + since_load_;
  return static_cast<std::size_t>(std::max<std::int64_t>(known, 0)) + offers_.size();
}

}  // namespace mooring::server
