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

std::vector<HandoverPeer> takers(const HandoverConfig& config) {
  std::vector<HandoverPeer> out;
  for (const std::string& name : config.backends) out.push_back(peer_named(config, name));
  for (const HandoverPeer& peer : config.peers) {
    if (!peer.address || std::ranges::find(config.backends, peer.name) != config.backends.end()) {
      continue;
    }
    out.push_back(peer);
    out.back().weight = 0;
  }
  return out;
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
                                  const std::string& version,
                                  const std::vector<HandoverPeer>& peers) {
    const HandoverConfig& from = config.handover;
    if (peers.empty()) return {};
    GivingSettings settings;
    settings.certificate_pem = from.certificate_pem;
    settings.private_key_pem = from.private_key_pem;
    settings.own = own;
    settings.program = version;
    for (const HandoverPeer& peer : peers) {
      settings.peers.push_back({peer.name, *peer.address, peer.pin, peer.weight});
      names_.push_back(peer.name);
    }
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

  void operator()(Give& order) {
    const std::uint64_t tag = order.peer ? kNamed : 0;
    for (Parcel& parcel : order.parcels) {
      if (!departures_) {
        on_stayed(tag, std::move(parcel), "there is no link");
      } else {
        departures_->move(tag, order.peer, std::move(parcel));
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

  void on_moved(std::uint64_t tag, std::size_t peer) override {
    trouble_.clear();
    log_.debug("handover", {{"peer", names_[peer]}, {"session", "moved"}});
    if (tag == kNamed) events_.post(Moved{});
  }
  /// One line for as long as there is the same trouble.
  void on_stayed(std::uint64_t tag, Parcel parcel, const std::string& why) override {
    if (trouble_ != why) log_.warning("handover", {{"session", "stays"}, {"reason", why}});
    trouble_ = why;
    events_.post(Stayed{tag == kNamed, std::move(parcel), why});
  }
  void on_link_up(std::size_t peer, const std::string& program) override {
    on_link_up(names_[peer], program);
    events_.post(LinkChanged{peer, true});
  }
  void on_link_down(std::size_t peer, const std::string& why) override {
    on_link_down(names_[peer], why);
    events_.post(LinkChanged{peer, false});
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
  /// Tag of what move_to() was given.
  static constexpr std::uint64_t kNamed = 1;

  Loop& loop_;
  Log& log_;
  Inbox<Event>& events_;
  std::vector<std::string> names_;  ///< of those that sessions may be given to
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
  out->peers_ = takers(config.handover);
  out->linked_.resize(out->peers_.size());
  out->loop_ = make_loop();
  out->mover_ = std::make_unique<Mover>(*out->loop_, log, out->events_);
  auto made = out->mover_->take(config, own, version);
  if (made) made = out->mover_->give(config, own, version, out->peers_);
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
  } else if (const auto* link = std::get_if<LinkChanged>(&event)) {
    linked_.at(link->peer) = link->up;
  } else if (auto* stayed = std::get_if<Stayed>(&event)) {
    stayed->named ? service_.not_moved(std::move(stayed->parcel), stayed->why)
                  : service_.stayed(std::move(stayed->parcel));
  } else {
    service_.moved();
  }
}

void Handover::move(std::vector<Parcel> parcels) {
  give({std::nullopt, std::move(parcels)});
}

void Handover::move_to(std::size_t peer, std::vector<Parcel> parcels) {
  give({peer, std::move(parcels)});
}

void Handover::give(Give order) {
  if (going_on()) return orders_->post(std::move(order));
  for (Parcel& parcel : order.parcels) {
    Event stayed = Stayed{order.peer.has_value(), std::move(parcel), "the service ends"};
    deliver(stayed);
  }
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
