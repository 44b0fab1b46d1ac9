// SPDX-License-Identifier: GPL-3.0-or-later
//
// The service as one of several hosts: sessions that go to others and come from them.
#include <algorithm>
#include <utility>

#include "server/ops/daemon.hpp"
#include "server/ops/surroundings.hpp"

namespace mooring::server {

namespace {

/// Tag of the standing order of a front; a worker's number is below it.
constexpr std::uint64_t kToBackends = std::uint64_t{1} << 32U;
/// Of what a move takes from a worker.
constexpr std::uint64_t kToPeer = kToBackends + 1;

bool is_this_host(const Endpoint& peer, const std::vector<Endpoint>& listen) {
  const std::vector<IpAddress> own = own_addresses();
  return std::ranges::find(own, peer.address) != own.end() &&
         std::ranges::any_of(listen, [&](const Endpoint& at) { return at.port == peer.port; });
}

}  // namespace

Result<void> Daemon::start_handover() {
  if (!config_.handover.on()) return {};
  auto started = Handover::start(config_, version_, *loop_, log_, make_loop_,
                                 {[this](std::uint64_t number, Parcel parcel) {
                                    workers_.take_watched(number, std::move(parcel));
                                  },
                                  [this](Parcel parcel) {
                                    std::vector<Parcel> one;
                                    one.push_back(std::move(parcel));
                                    workers_.take(next_taker_++, std::move(one));
                                  },
                                  [this] { moving_->on_moved(); },
                                  [this](Parcel parcel, const std::string& why) {
                                    moving_->on_stayed(std::move(parcel), why);
                                  }});
  if (!started) return tl::make_unexpected(started.error());
  handover_ = std::move(*started);
  moving_ = std::make_unique<Moving>(
      *loop_, Moving::Service{[this] { return workers_.size(); },
                              [this](std::size_t worker, GiveOrder order) {
                                order.tag = kToPeer;
                                workers_.give(worker, order);
                              },
                              [this](std::size_t peer, std::vector<Parcel> parcels) {
                                handover_->move_to(peer, std::move(parcels));
                              },
                              [this](std::size_t worker, Parcel parcel) {
                                std::vector<Parcel> one;
                                one.push_back(std::move(parcel));
                                workers_.take(worker, std::move(one));
                              },
                              [this](const SessionsMoved& what) { on_moved(what); }});
  return {};
}

/// The place in Handover::peers() of the one with that name or address; an error is one line.
Result<std::size_t> Daemon::may_move_to(const std::string& peer) const {
  if (!handover_) return failure("there is no [handover]: no other host is known");
  if (phase_ == Phase::handing_over) return failure("an upgrade is under way");
  if (phase_ != Phase::serving) return failure("the service does not serve now");
  if (moving_->going_on()) return failure("another move is under way");
  const auto& peers = handover_->peers();
  const auto found = std::ranges::find_if(peers, [&](const HandoverPeer& one) {
    return one.name == peer || one.address->text() == peer;
  });
  if (found == peers.end()) {
    return failure("there is no [[handover.peer]] \"" + peer + "\" that has an address");
  }
  if (is_this_host(*found->address, config_.handover.listen)) {
    return failure("\"" + peer + "\" is this host");
  }
  const auto place = static_cast<std::size_t>(found - peers.begin());
  if (!handover_->linked(place))
    return failure("there is no link to \"" + peer + "\"; see the log");
  return place;
}

void Daemon::move(Asked asked) {
  auto peer = may_move_to(asked.request.to);
  const auto client = IpPrefix::parse(asked.request.client);
  if (peer && !client && !asked.request.client.empty()) {
    peer = failure("\"" + asked.request.client + "\" is no address with a prefix length");
  }
  if (!peer) {
    send_line(asked.connection, error_line(peer.error().context));
    return log_.warning("move", {{"result", "refused"}, {"error", peer.error().context}});
  }
  log_.info("move", {{"state", "started"},
                     {"peer", handover_->peers().at(*peer).name},
                     {"clients", client ? asked.request.client : "all"}});
  mover_ = std::move(asked.connection);
  moving_->start(*peer, client);
}

void Daemon::on_moved(const SessionsMoved& what) {
  log_.info("move", {{"result", what.why.empty() ? "done" : "partial"},
                     {"sessions", std::to_string(what.moved)},
                     {"stayed", std::to_string(what.stayed)},
                     {"seconds", std::to_string(what.seconds)},
                     {"reason", what.why}});
  send_line(mover_, answer_line(what));
  mover_ = OwnedFd();
}

void Daemon::on_given(std::uint64_t tag, std::vector<Parcel> parcels, const Remaining& left) {
  if (tag == kToPeer) return moving_->on_given(std::move(parcels), left);
  if (tag != kToBackends) return upgrade_.on_given(tag, std::move(parcels), left);
  handover_->move(std::move(parcels));
}

void Daemon::give_to_backends() {
  if (!config_.handover.backends.empty()) workers_.give_when_open(StandingOrder{kToBackends, {}});
}

void Daemon::end_handover() {
  if (!handover_) return;
  workers_.give_when_open(std::nullopt);
  moving_->cancel("the service ends");
  handover_->end();
}

}  // namespace mooring::server
