// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/handover.hpp"

#include <pthread.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "server/handover/helper/network_interface.hpp"
#include "server/handover/move/arrivals.hpp"
#include "server/handover/move/departures.hpp"
#include "server/io/listening_sockets.hpp"
#include "server/ops/program.hpp"
#include "tlsext/base/wolfssl_ptr.hpp"

namespace mooring::server {

namespace {

/// As it is installed, in the same directory as this program.
std::string helper_beside_us() {
  const std::string own = own_program();
  return own.substr(0, own.rfind('/') + 1) + "mooring-handover";
}

std::vector<std::uint16_t> ports_of(const std::vector<Endpoint>& listen) {
  std::set<std::uint16_t> ports;
  for (const Endpoint& one : listen) ports.insert(one.port);
  return {ports.begin(), ports.end()};
}

const HandoverPeer& peer_named(const HandoverConfig& config, const std::string& name) {
  return *std::ranges::find_if(config.peers,
                               [&](const HandoverPeer& peer) { return peer.name == name; });
}

std::function<Result<Helper>()> starter(const Config& config, bool forwards) {
  const HandoverConfig& handover = config.handover;
  return [path = handover.helper.empty() ? helper_beside_us() : handover.helper,
          ports = ports_of(config.server.listen), interface = handover.interface,
          forwards]() -> Result<Helper> {
    auto helper = Helper::start(path);
    if (!helper) return helper;
    auto good = helper->check(ports);
    if (good && forwards) good = helper->use_interfaces(interface, interface);
    if (!good) return tl::unexpected(std::move(good.error()));
    return helper;
  };
}

}  // namespace

/// What is on the thread's loop.
class Handover::Mover final : public DeparturesObserver, public ArrivalsObserver {
 public:
  Mover(Loop& loop, Log& log, Inbox<Event>& events) : loop_(loop), log_(log), events_(events) {
    loop_.at_end_of_turn([this] {
      if (departures_) departures_->end_turn();
      if (arrivals_) arrivals_->end_turn();
    });
  }

  [[nodiscard]] Result<void> give(const Config& config, const HostId& own,
                                  const std::string& version) {
    const HandoverConfig& from = config.handover;
    if (from.backends.empty()) return {};
    GivingSettings settings;
    settings.certificate_pem = from.certificate_pem;
    settings.private_key_pem = from.private_key_pem;
    settings.own = own;
    settings.program = version;
    for (const std::string& name : from.backends) {
      const HandoverPeer& peer = peer_named(from, name);
      settings.peers.push_back({name, *peer.address, peer.pin, peer.weight});
    }
    backends_ = from.backends;
    auto made = Departures::create(loop_, std::move(settings), starter(config, true), *this);
    if (!made) return tl::unexpected(std::move(made.error()));
    departures_ = std::move(*made);
    return {};
  }

  [[nodiscard]] Result<void> take(const Config& config, const HostId& own,
                                  const std::string& version) {
    const HandoverConfig& from = config.handover;
    if (from.take_from.empty()) return {};
    const auto interface = find_interface(from.interface);
    if (!interface) return tl::unexpected(interface.error());
    TakingSettings settings;
    settings.certificate_pem = from.certificate_pem;
    settings.private_key_pem = from.private_key_pem;
    settings.taker.own = own;
    settings.taker.program = version;
    settings.taker.address = interface->mac;
    for (const std::string& name : from.take_from) {
      settings.peers.push_back({name, peer_named(from, name).pin});
    }
    std::vector<OwnedFd> sockets;
    for (const Endpoint& at : from.listen) {
      auto bound = bind_sockets(at, 1);
      if (!bound) return failure("handover.listen " + at.text() + ": " + bound.error().context);
      sockets.push_back(std::move(bound->sockets.front()));
    }
    auto made = Arrivals::create(loop_, std::move(settings), std::move(sockets), from.capacity,
                                 starter(config, false), *this);
    if (!made) return tl::unexpected(std::move(made.error()));
    arrivals_ = std::move(*made);
    return {};
  }

  void operator()(std::vector<Parcel>& parcels) {
    for (Parcel& parcel : parcels) {
      if (!departures_) {
        events_.post(std::move(parcel));
      } else {
        departures_->move(0, std::nullopt, std::move(parcel));
      }
    }
  }
  void operator()(Over& over) {
    const auto found = here_.extract(over.number);
    if (!found.empty()) arrivals_->session_ended(found.mapped());
  }
  void operator()(Stop&) {
    if (departures_) departures_->end("the service ends");
    loop_.stop();
  }

  void on_moved(std::uint64_t, std::size_t peer) override {
    trouble_.clear();
    log_.debug("handover", {{"peer", backends_[peer]}, {"session", "moved"}});
  }
  /// One line for as long as there is the same trouble.
  void on_stayed(std::uint64_t, Parcel parcel, const std::string& why) override {
    if (trouble_ != why) log_.warning("handover", {{"session", "stays"}, {"reason", why}});
    trouble_ = why;
    events_.post(std::move(parcel));
  }
  void on_link_up(std::size_t peer, const std::string& program) override {
    on_link_up(backends_[peer], program);
  }
  void on_link_down(std::size_t peer, const std::string& why) override {
    on_link_down(backends_[peer], why);
  }
  void on_not_forgotten(const std::string& why) override {
    log_.warning("handover", {{"forwarding", "stays"}, {"reason", why}});
  }
  void on_arrived(TakingOffer offer, Parcel parcel) override {
    here_.emplace(++last_, offer);
    events_.post(Arrived{last_, std::move(parcel)});
  }
  void on_not_taken(const std::string& peer, const std::string& why) override {
    log_.warning("handover", {{"peer", peer}, {"session", "not_taken"}, {"reason", why}});
  }
  void on_link_up(const std::string& peer, const std::string& program) override {
    log_.info("handover", {{"peer", peer}, {"link", "up"}, {"version", program}});
  }
  void on_link_down(const std::string& peer, const std::string& why) override {
    log_.warning("handover", {{"peer", peer}, {"link", "down"}, {"reason", why}});
  }
  void on_stranger(const std::string& from, const std::string& why) override {
    log_.warning("handover", {{"from", from}, {"link", "refused"}, {"reason", why}});
  }

 private:
  Loop& loop_;
  Log& log_;
  Inbox<Event>& events_;
  std::vector<std::string> backends_;
  std::string trouble_;
  std::map<std::uint64_t, TakingOffer> here_;
  std::uint64_t last_ = 0;
  std::unique_ptr<Departures> departures_;
  std::unique_ptr<Arrivals> arrivals_;
};

Result<std::unique_ptr<Handover>> Handover::start(const Config& config, const std::string& version,
                                                  Loop& loop, Log& log,
                                                  const LoopFactory& make_loop, Service service) {
  std::unique_ptr<Handover> out(new Handover(loop, std::move(service)));
  HostId own{};
  tlsext::fill_random(own.data(), own.size());
  out->loop_ = make_loop();
  out->mover_ = std::make_unique<Mover>(*out->loop_, log, out->events_);
  auto made = out->mover_->take(config, own, version);
  if (made) made = out->mover_->give(config, own, version);
  if (!made) return failure("handover: " + made.error().context);
  out->orders_ = std::make_unique<Inbox<Order>>(
      *out->loop_, [mover = out->mover_.get()](Order&& order) { std::visit(*mover, order); });
  out->thread_ = std::thread([on = out->loop_.get()] {
    pthread_setname_np(pthread_self(), "handover");
    on->run();
  });
  return out;
}

Handover::Handover(Loop& loop, Service service)
    : service_(std::move(service)), events_(loop, [this](Event&& event) { deliver(event); }) {}

Handover::~Handover() {
  end();
}

void Handover::deliver(Event& event) {
  if (auto* arrived = std::get_if<Arrived>(&event)) {
    service_.arrived(arrived->number, std::move(arrived->parcel));
  } else {
    service_.stayed(std::move(std::get<Parcel>(event)));
  }
}

void Handover::move(std::vector<Parcel> parcels) {
  if (going_on()) return orders_->post(std::move(parcels));
  for (Parcel& parcel : parcels) service_.stayed(std::move(parcel));
}

void Handover::session_over(std::uint64_t number) {
  if (going_on()) orders_->post(Over{number});
}

void Handover::end() {
  if (!going_on()) return;
  orders_->post(Stop{});
  thread_.join();
}

}  // namespace mooring::server
