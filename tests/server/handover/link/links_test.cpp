// SPDX-License-Identifier: GPL-3.0-or-later
//
// Hosts that give and take over real sockets of the loopback interface.
#include <algorithm>
#include <catch2/catch.hpp>

#include "support/host_links.hpp"

using namespace mooring;
using namespace mooring::server;
using namespace mooring::test;

namespace {

/// A front and a backend, with a link between them.
struct Pair {
  Pair() {
    backend.begin();
    front.settings.peers = {giving_peer(backend)};
    front.begin();
    REQUIRE(world.run_until([&] { return front.up.size() == 1 && backend.up.size() == 1; }));
  }

  TestLoop world;
  TakingHost backend{world, "backend", {link_peer("front")}};
  GivingHost front{world, "front", {}};
};

}  // namespace

TEST_CASE("a thousand sessions go from host to host, each once", "[handover]") {
  Pair hosts;
  std::size_t offered = 0;
  hosts.world.at_end.emplace_back([&] {
    while (offered < 1000 && hosts.front.offer("session " + std::to_string(offered))) ++offered;
  });
  REQUIRE(hosts.world.run_until([&] { return hosts.backend.going_on.size() == 1000; }));
  CHECK(hosts.front.back.empty());
  CHECK(hosts.front.released == 1000);
  CHECK(hosts.backend.offered.empty());
  const std::set<std::string> all(hosts.backend.going_on.begin(), hosts.backend.going_on.end());
  CHECK(all.size() == 1000);
  CHECK(all.contains("front|tcp|session 999"));
  CHECK(hosts.backend.up == std::vector<std::string>{"front"});
}

TEST_CASE("a session with much unread goes over a link whole", "[handover]") {
  Pair hosts;
  const std::string text(3U << 20U, 'x');
  REQUIRE(hosts.front.offer(text));
  REQUIRE(hosts.world.run_until([&] { return !hosts.backend.going_on.empty(); }));
  CHECK((hosts.backend.going_on.front() == "front|tcp|" + text));
}

TEST_CASE("the end of a session is told to the host that gave it", "[handover]") {
  Pair hosts;
  const auto offered = hosts.front.offer("session");
  REQUIRE(offered);
  REQUIRE(hosts.world.run_until([&] { return !hosts.backend.going_on.empty(); }));
  hosts.backend.links->session_ended(hosts.backend.last);
  hosts.backend.links->end_turn();
  REQUIRE(hosts.world.run_until([&] { return !hosts.front.ended.empty(); }));
  CHECK(hosts.front.ended.front() == std::pair{std::size_t{0}, offered->id});
}

TEST_CASE("sessions come back when the host that has them dies, and later ones go to its successor",
          "[handover]") {
  Pair hosts;
  hosts.front.releases = false;  // taken, and not gone yet
  const auto first = hosts.front.offer("first");
  REQUIRE(first);
  REQUIRE(hosts.world.run_until([&] { return !hosts.backend.offered.empty(); }));
  hosts.backend.links.reset();
  REQUIRE(hosts.world.run_until([&] { return !hosts.front.down.empty(); }));
  REQUIRE(hosts.front.back.size() == 1);
  CHECK(hosts.front.back.front() == std::pair{std::string("first"), hosts.front.down[0].second});
  CHECK_FALSE(hosts.front.links->release(*first));
  CHECK_FALSE(hosts.front.offer("nobody is there"));

  hosts.backend.offered.clear();
  hosts.backend.begin();
  REQUIRE(hosts.world.run_until([&] { return hosts.front.up.size() == 2; }));
  CHECK(hosts.front.down.size() == 1);
  hosts.front.releases = true;
  const auto second = hosts.front.offer("second");
  REQUIRE(second);
  CHECK(second->id > first->id);
  REQUIRE(hosts.world.run_until([&] { return !hosts.backend.going_on.empty(); }));
  CHECK(hosts.backend.going_on.front() == "front|tcp|second");
}

TEST_CASE("what was taken is dropped when the host that gives goes before it lets go",
          "[handover]") {
  Pair hosts;
  hosts.front.releases = false;
  REQUIRE(hosts.front.offer("session"));
  REQUIRE(hosts.world.run_until([&] { return !hosts.backend.offered.empty(); }));
  hosts.front.links.reset();
  REQUIRE(hosts.world.run_until([&] { return !hosts.backend.down.empty(); }));
  CHECK(hosts.backend.withdrawn == 1);
  CHECK(hosts.backend.going_on.empty());
}

TEST_CASE("sessions are shared among backends by weight", "[handover]") {
  TestLoop world;
  TakingHost small(world, "small", {link_peer("front")});
  TakingHost large(world, "large", {link_peer("front")});
  TakingHost spare(world, "spare", {link_peer("front")});
  for (TakingHost* host : {&small, &large, &spare}) host->begin();
  GivingHost front(world, "front",
                   {giving_peer(small, 1), giving_peer(large, 3), giving_peer(spare, 0)});
  front.begin();
  REQUIRE(world.run_until([&] { return front.up.size() == 3; }));
  for (int i = 0; i < 80; ++i) REQUIRE(front.offer("session"));
  REQUIRE(front.offer("by order", 2));
  front.links->end_turn();
  REQUIRE(world.run_until([&] { return front.released == 81; }));
  REQUIRE(world.run_until(
      [&] { return small.going_on.size() + large.going_on.size() + spare.going_on.size() == 81; }));
  CHECK(small.going_on.size() == 20);
  CHECK(large.going_on.size() == 60);
  CHECK(spare.going_on.size() == 1);
}

TEST_CASE("links stay up while nothing is given", "[handover]") {
  Pair hosts;
  const TimePoint begin = hosts.world.loop->now();
  REQUIRE(hosts.world.run_until(
      [&] { return hosts.world.loop->now() - begin > kQuick.dead_after + kQuick.alive_every; }));
  CHECK(hosts.front.down.empty());
  CHECK(hosts.backend.down.empty());
}

TEST_CASE("a host that makes a second link has lost the first one", "[handover]") {
  Pair hosts;
  hosts.front.releases = false;
  REQUIRE(hosts.front.offer("session"));
  REQUIRE(hosts.world.run_until([&] { return !hosts.backend.offered.empty(); }));
  GivingHost again(hosts.world, "front", {giving_peer(hosts.backend)});
  again.begin();
  REQUIRE(hosts.world.run_until([&] { return again.up.size() == 1; }));
  REQUIRE_FALSE(hosts.backend.down.empty());
  CHECK(hosts.backend.down[0] ==
        std::pair{std::string("front"), std::string("it has made another link")});
  CHECK(hosts.backend.withdrawn == 1);
}
