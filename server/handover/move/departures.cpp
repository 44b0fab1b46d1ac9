// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/handover/move/departures.hpp"

#include <sys/socket.h>

#include <algorithm>

namespace mooring::server {

namespace {

template <auto Ask>
std::optional<Endpoint> end_of(int socket) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (Ask(socket, generic, &length) != 0) return std::nullopt;
  return Endpoint::from(*generic);
}

std::optional<TcpConnection> ends_of(int socket) {
  const auto client = end_of<::getpeername>(socket);
  const auto service = end_of<::getsockname>(socket);
  if (!client || !service) return std::nullopt;
  return TcpConnection{*client, *service};
}

}  // namespace

Result<std::unique_ptr<Departures>> Departures::create(Loop& loop, GivingSettings settings,
                                                       std::function<Result<Helper>()> start_helper,
                                                       DeparturesObserver& observer) {
  std::unique_ptr<Departures> out(
      new Departures(std::move(start_helper), settings.peers.size(), observer));
  if (auto begun = out->helper_.begin(); !begun) return tl::unexpected(std::move(begun.error()));
  auto links = GivingLinks::create(loop, std::move(settings), *out);
  if (!links) return tl::unexpected(std::move(links.error()));
  out->links_ = std::move(*links);
  return out;
}

void Departures::move(std::uint64_t tag, std::optional<std::size_t> peer, Parcel parcel) {
  waiting_.push_back({tag, peer, std::move(parcel)});
}

void Departures::end(const std::string& why) {
  links_->end(why);
  for (Waiting& next : std::exchange(waiting_, {})) stay(next.tag, std::move(next.parcel), why);
}

void Departures::end_turn() {
  forward_taken();
  forget_ended();
  while (!waiting_.empty() && held_.size() < kMostHeld) {
    Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    hold(std::move(next));
  }
  links_->end_turn();
}

// Nothing is held for which there is no link.
void Departures::hold(Waiting next) {
  if (!links_->has_room(next.peer, next.parcel.octets.size())) {
    return stay(next.tag, std::move(next.parcel), "no host has room for it");
  }
  const int descriptor = next.parcel.descriptor.get();
  const auto connection = ends_of(descriptor);
  if (!connection) return stay(next.tag, std::move(next.parcel), "its connection is gone");
  const auto state = helper_.ask([&](Helper& helper) { return helper.dump(descriptor); });
  if (!state) {
    // A helper that died over it may have left it held.
    static_cast<void>(helper_.ask([&](Helper& helper) { return helper.resume(descriptor); }));
    return stay(next.tag, std::move(next.parcel), state.error().context);
  }
  const auto offered = links_->offer(next.peer, *state, next.parcel);
  if (!offered) {
    const auto resumed = helper_.ask([&](Helper& helper) { return helper.resume(descriptor); });
    return stay(next.tag, std::move(next.parcel),
                resumed ? "no host has room for it" : resumed.error().context);
  }
  held_[{offered->peer, offered->id}] = {next.tag, *connection, descriptor};
}

void Departures::stay(std::uint64_t tag, Parcel parcel, std::string why) {
  observer_.on_stayed(tag, std::move(parcel), why);
}

void Departures::on_link_up(std::size_t peer, const Welcome& welcome) {
  addresses_[peer] = welcome.address;
  // Another process: what the one before had is gone.
  if (hosts_[peer] != welcome.host) {
    hosts_[peer] = welcome.host;
    std::erase_if(away_, [&](const auto& entry) {
      if (entry.first.first != peer) return false;
      ended_.push_back(entry.second);
      return true;
    });
  }
  observer_.on_link_up(peer, welcome.program);
}

void Departures::on_link_down(std::size_t peer, const std::string& why) {
  observer_.on_link_down(peer, why);
}

void Departures::on_taken(std::size_t peer, OfferId id) {
  taken_.emplace_back(peer, id);
}

// The client's packets go there before the connection is let go of here, and that before it goes on
// there: at no moment would a kernel answer RST, and at no moment do two have it.
void Departures::forward_taken() {
  const std::vector<Key> taken = std::exchange(taken_, {});
  std::vector<Forward> forwards;
  std::vector<Key> keys;
  for (const Key& key : taken) {
    const auto held = held_.find(key);
    if (held == held_.end()) continue;  // it came back in the same turn
    forwards.push_back({held->second.connection, addresses_[key.first], kForwardSeconds});
    keys.push_back(key);
  }
  if (keys.empty()) return;
  const auto forwarded = helper_.ask([&](Helper& helper) { return helper.forward(forwards); });
  for (const Key& key : keys) {
    const GivingLinks::Offered offered{key.first, key.second};
    if (!forwarded) {
      links_->withdraw(offered, forwarded.error().context);
    } else if (links_->release(offered)) {
      const auto held = held_.extract(key);
      away_.emplace(key, held.mapped().connection);
      observer_.on_moved(held.mapped().tag, key.first);
    }
  }
}

void Departures::on_back(std::size_t peer, OfferId id, Parcel parcel, const std::string& why) {
  const auto held = held_.extract(Key{peer, id});
  if (held.empty()) return;
  const int descriptor = held.mapped().descriptor;
  const auto resumed = helper_.ask([&](Helper& helper) { return helper.resume(descriptor); });
  stay(held.mapped().tag, std::move(parcel), resumed ? why : resumed.error().context);
}

void Departures::on_ended(std::size_t peer, OfferId id) {
  const auto away = away_.extract(Key{peer, id});
  if (!away.empty()) ended_.push_back(away.mapped());
}

void Departures::forget_ended() {
  while (!ended_.empty()) {
    const auto count = static_cast<std::ptrdiff_t>(std::min(ended_.size(), kMostForwards));
    const std::vector<TcpConnection> some(ended_.end() - count, ended_.end());
    ended_.resize(ended_.size() - some.size());
    const auto forgotten = helper_.ask([&](Helper& helper) { return helper.forget(some); });
    if (!forgotten) return observer_.on_not_forgotten(forgotten.error().context);
  }
}

}  // namespace mooring::server
