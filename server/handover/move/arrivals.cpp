// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/handover/move/arrivals.hpp"

#include <cerrno>

namespace mooring::server {

Result<std::unique_ptr<Arrivals>> Arrivals::create(Loop& loop, TakingSettings settings,
                                                   std::vector<OwnedFd> sockets,
                                                   std::uint32_t capacity,
                                                   std::function<Result<Helper>()> start_helper,
                                                   ArrivalsObserver& observer) {
  std::unique_ptr<Arrivals> out(new Arrivals(std::move(start_helper), capacity, observer));
  if (auto begun = out->helper_.begin(); !begun) return tl::unexpected(std::move(begun.error()));
  auto links = TakingLinks::create(loop, std::move(settings), std::move(sockets), *out);
  if (!links) return tl::unexpected(std::move(links.error()));
  out->links_ = std::move(*links);
  out->tell_load();
  return out;
}

void Arrivals::on_link_up(const std::string& peer, const Hello& hello) {
  observer_.on_link_up(peer, hello.program);
}

void Arrivals::on_link_down(const std::string& peer, const std::string& why) {
  observer_.on_link_down(peer, why);
}

void Arrivals::on_stranger(const std::string& from, const std::string& why) {
  observer_.on_stranger(from, why);
}

void Arrivals::refuse(TakingOffer offer, const std::string& peer, Refusal why,
                      const std::string& text) {
  links_->refuse(offer, why, text);
  observer_.on_not_taken(peer, text);
}

void Arrivals::on_offer(TakingOffer offer, const std::string& peer, Offer what) {
  if (sessions_ + held_.size() >= capacity_) {
    return refuse(offer, peer, Refusal::full,
                  std::to_string(capacity_) + " sessions from other hosts are here");
  }
  auto socket = helper_.ask([&](Helper& helper) { return helper.restore(what.tcp); });
  if (!socket) {
    const bool unfit = socket.error().system == EADDRNOTAVAIL;
    return refuse(offer, peer, unfit ? Refusal::unfit : Refusal::failed, socket.error().context);
  }
  // Dropped when it was withdrawn meanwhile: held as it is, its client does not notice.
  if (links_->taken(offer)) {
    held_.emplace(offer, Parcel{std::move(what.parcel), std::move(*socket)});
  }
}

void Arrivals::on_withdrawn(TakingOffer offer) {
  held_.erase(offer);
}

void Arrivals::on_released(TakingOffer offer) {
  auto held = held_.extract(offer);
  if (held.empty()) return;
  Parcel parcel = std::move(held.mapped());
  ++sessions_;
  const int descriptor = parcel.descriptor.get();
  const auto resumed = helper_.ask([&](Helper& helper) { return helper.resume(descriptor); });
  if (!resumed) {
    session_ended(offer);
    return observer_.on_not_taken({}, resumed.error().context);
  }
  tell_load();
  observer_.on_arrived(offer, std::move(parcel));
}

void Arrivals::session_ended(TakingOffer number) {
  --sessions_;
  tell_load();
  links_->session_ended(number);
}

void Arrivals::tell_load() {
  links_->set_load({sessions_, capacity_});
}

}  // namespace mooring::server
