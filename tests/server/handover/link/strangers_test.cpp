// SPDX-License-Identifier: GPL-3.0-or-later
//
// Who is not to have a link, and does not get one.
#include <algorithm>
#include <catch2/catch.hpp>

#include "support/host_links.hpp"

using namespace mooring;
using namespace mooring::server;
using namespace mooring::test;

namespace {

/// A blocking socket that is connected there.
OwnedFd connect_to(const Endpoint& at) {
  sockaddr_storage address{};
  const unsigned length = at.to(address);
  OwnedFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), length) == 0);
  return fd;
}

/// Reads what there is until the other end closes; whether it does.
bool is_closed(const OwnedFd& fd) {
  char buffer[4096];
  ssize_t count = 0;
  while ((count = ::recv(fd.get(), buffer, sizeof buffer, MSG_DONTWAIT)) > 0) {
  }
  return count == 0;
}

}  // namespace

TEST_CASE("a host that may not give is turned away, and learns it once", "[handover]") {
  TestLoop world;
  TakingHost backend(world, "backend", {link_peer("other")});
  backend.begin();
  GivingHost front(world, "front", {giving_peer(backend)});
  front.begin();
  REQUIRE(world.run_until([&] { return backend.strangers.size() == 3; }));  // it tries again
  CHECK(backend.strangers[0].second == "its key is not that of a peer");
  CHECK(backend.strangers[0].first.starts_with("127.0.0.1:"));
  CHECK(backend.up.empty());
  REQUIRE(front.down.size() == 1);
  CHECK(front.down[0].second == "alert unknown_ca received");
  CHECK(front.up.empty());
  CHECK_FALSE(front.offer("session"));
}

TEST_CASE("nothing is given to a host with another key", "[handover]") {
  TestLoop world;
  TakingHost impostor(world, "impostor", {link_peer("front")});
  impostor.begin();
  GivingPeer backend = giving_peer(impostor);
  backend.name = "backend";
  backend.pin = link_peer("backend").pin;
  GivingHost front(world, "front", {backend});
  front.begin();
  REQUIRE(world.run_until([&] { return !front.down.empty(); }));
  CHECK(front.down[0].second == "its key is not that of a peer");
  CHECK_FALSE(front.offer("session"));
  CHECK(front.up.empty());
}

TEST_CASE("a host that is not there is told of once, and reached when it comes", "[handover]") {
  TestLoop world;
  TakingHost backend(world, "backend", {link_peer("front")});
  backend.begin();
  backend.links.reset();
  GivingHost front(world, "front", {giving_peer(backend)});
  front.begin();
  REQUIRE(world.run_until([&] { return !front.down.empty(); }));
  CHECK(front.down[0].second == "connection refused");
  const TimePoint begin = world.loop->now();
  REQUIRE(world.run_until([&] { return world.loop->now() - begin > 4 * Milliseconds{50}; }));
  CHECK(front.down.size() == 1);
  backend.begin();
  REQUIRE(world.run_until([&] { return front.up.size() == 1; }));
}

TEST_CASE("a host does not make a link with itself", "[handover]") {
  TestLoop world;
  TakingHost backend(world, "backend", {link_peer("front")});
  backend.settings.taker.own = kFront;
  backend.begin();
  GivingHost front(world, "front", {giving_peer(backend)});
  front.begin();
  REQUIRE(world.run_until([&] { return !backend.strangers.empty(); }));
  CHECK(backend.strangers[0].second == "the host at the other end of the link is this one");
  CHECK(front.up.empty());
}

TEST_CASE("who shows no key has a short while and few places", "[handover]") {
  TestLoop world;
  TakingHost backend(world, "backend", {link_peer("front")});
  backend.begin();
  std::vector<OwnedFd> silent;
  for (std::size_t i = 0; i < TakingLinks::kMostStrangers; ++i)
    silent.push_back(connect_to(backend.at));
  const OwnedFd one_more = connect_to(backend.at);
  REQUIRE(world.run_until([&] { return is_closed(one_more); }));
  CHECK(backend.strangers.empty());
  CHECK_FALSE(is_closed(silent.front()));
  REQUIRE(world.run_until([&] { return backend.strangers.size() == silent.size(); }));
  CHECK(backend.strangers.front().second == "no key was shown in time");
  REQUIRE(world.run_until([&] { return std::ranges::all_of(silent, is_closed); }));

  GivingHost front(world, "front", {giving_peer(backend)});
  front.begin();
  REQUIRE(world.run_until([&] { return front.up.size() == 1; }));
}

TEST_CASE("who speaks something else is turned away at once", "[handover]") {
  TestLoop world;
  TakingHost backend(world, "backend", {link_peer("front")});
  backend.begin();
  const OwnedFd fd = connect_to(backend.at);
  send_all(fd, octets_of("GET / HTTP/1.1\r\n\r\n"));
  REQUIRE(world.run_until([&] { return is_closed(fd); }));
  REQUIRE(backend.strangers.size() == 1);
  CHECK_FALSE(backend.strangers[0].second.empty());
}
