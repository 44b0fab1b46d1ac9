// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/moving_hosts.hpp"

#include <net/if.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace mooring::test {

using server::Helper;
using server::LinkAddress;
using server::Parcel;
using server::Result;

Result<Helper> helper_on(const NetworkNamespace& host, bool forwards) {
  Result<Helper> helper = server::failure("not started");
  host.run([&] { helper = Helper::start(std::getenv("MOORING_HANDOVER")); });
  if (!helper || !forwards) return helper;
  if (auto used = helper->use_interfaces("eth0", "eth0"); !used) {
    return tl::unexpected(used.error());
  }
  return helper;
}

LinkAddress address_of(const NetworkNamespace& host) {
  ifreq request{};
  std::strcpy(request.ifr_name, "eth0");
  host.run([&] {
    const server::OwnedFd socket(::socket(AF_INET, SOCK_DGRAM, 0));
    if (::ioctl(socket.get(), SIOCGIFHWADDR, &request) != 0) throw std::runtime_error("no eth0");
  });
  LinkAddress out{};
  std::copy_n(request.ifr_hwaddr.sa_data, out.size(), out.begin());
  return out;
}

MovingHosts::MovingHosts(ThreeHosts& on, std::uint32_t capacity) : hosts(on) {
  const Certificate& back = certificate_of("backend");
  const Certificate& front = certificate_of("front");
  server::TakerSettings taker;
  taker.own = kBackend;
  taker.program = "mooring 1.1";
  taker.address = address_of(hosts.backend);
  server::ListeningSockets bound;
  hosts.backend.run(
      [&] { bound = *server::bind_sockets(*server::Endpoint::parse("198.51.100.11:8530"), 1); });
  arrivals = *server::Arrivals::create(
      *world.loop, {back.certificate_pem, back.private_key_pem, {link_peer("front")}, taker, {}},
      std::move(bound.sockets), capacity, [this] { return helper_on(hosts.backend, false); },
      *this);
  departures = *server::Departures::create(
      *world.loop,
      {front.certificate_pem,
       front.private_key_pem,
       {{"backend", bound.bound, link_peer("backend").pin, 1}},
       kFront,
       "mooring 1.0",
       {},
       server::Milliseconds{50}},
      [this] {
        auto helper = helper_on(hosts.front, true);
        if (helper) front_helpers.push_back(helper->pid());
        return helper;
      },
      *this);
  world.at_end.emplace_back([this] {
    departures->end_turn();
    arrivals->end_turn();
  });
  if (!world.run_until([this] { return up; })) throw std::runtime_error("no link");
}

bool MovingHosts::move(Conversation& talk, const std::string& octets) {
  Parcel parcel = parcel_of(octets);
  parcel.descriptor = std::move(talk.server.socket);
  const std::size_t before = arrived.size() + stayed.size();
  // In a turn of the loop, whose time is then what it is.
  const auto begin =
      world.loop->make_wake_up([&] { departures->move(before, std::nullopt, std::move(parcel)); });
  begin->wake();
  return world.run_until([&] { return arrived.size() + stayed.size() > before; });
}

void MovingHosts::on_moved(std::uint64_t tag, std::size_t) {
  moved.push_back(tag);
}
void MovingHosts::on_stayed(std::uint64_t tag, Parcel parcel, const std::string& why) {
  stayed.emplace(tag, std::pair{std::move(parcel), why});
}
void MovingHosts::on_link_up(std::size_t, const std::string&) {
  up = true;
}
void MovingHosts::on_link_down(std::size_t, const std::string&) {
  up = false;
}
void MovingHosts::on_not_forgotten(const std::string& why) {
  troubles.push_back(why);
}
void MovingHosts::on_arrived(server::TakingOffer number, Parcel parcel) {
  arrived.emplace_back(number, std::move(parcel));
}
void MovingHosts::on_not_taken(const std::string&, const std::string& why) {
  troubles.push_back(why);
}
void MovingHosts::on_link_up(const std::string&, const std::string&) {}
void MovingHosts::on_link_down(const std::string&, const std::string&) {}
void MovingHosts::on_stranger(const std::string&, const std::string& why) {
  troubles.push_back(why);
}

}  // namespace mooring::test
