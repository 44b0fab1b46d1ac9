// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/moving.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "support/fake_io.hpp"

using namespace mooring::server;
using namespace mooring::test;
using namespace std::chrono_literals;

namespace {

/// Workers with so many sessions each, and a peer that has so many of them.
struct Host {
  explicit Host(std::vector<std::size_t> sessions) : quiet(std::move(sessions)) {}

  Moving::Service service() {
    return {[this] { return quiet.size(); },
            [this](std::size_t worker, const GiveOrder& order) {
              REQUIRE_FALSE(asked);
              asked = {worker, order};
            },
            [this](std::size_t to, std::vector<Parcel> some) {
              peer = to;
              under_way = std::move(some);
            },
            [this](std::size_t worker, Parcel) { ++quiet.at(worker); },
            [this](const SessionsMoved& what) { done = what; }};
  }
  void answer_order() {
    const auto [worker, order] = *asked;
    asked.reset();
    const std::size_t given = std::min(order.most, quiet.at(worker));
    quiet.at(worker) -= given;
    most = std::max(most, given);
    moving.on_given(std::vector<Parcel>(given), {quiet.at(worker), unready, 0, 0, {}});
  }
  void settle_parcels() {
    for (Parcel& one : std::exchange(under_way, {})) {
      if (there < room) {
        ++there;
        moving.on_moved();
      } else {
        moving.on_stayed(std::move(one), "no host has room for it");
      }
    }
  }
  /// Until it is done, or nothing happens any more.
  void run() {
    for (int i = 0; i < 10'000 && !done; ++i) {
      if (asked) {
        answer_order();
      } else if (!under_way.empty()) {
        settle_parcels();
      } else {
        loop.advance(10ms);
      }
    }
    REQUIRE(done);
    CHECK_FALSE(moving.going_on());
  }

  FakeLoop loop;
  std::vector<std::size_t> quiet;
  std::size_t unready = 0;  ///< that no worker can give
  std::size_t room = 1'000'000;
  std::size_t there = 0;
  std::size_t most = 0;
  std::size_t peer = 0;
  std::optional<std::pair<std::size_t, GiveOrder>> asked;
  std::vector<Parcel> under_way;
  std::optional<SessionsMoved> done;
  Moving moving{loop, service()};
};

}  // namespace

TEST_CASE("a move takes all sessions of all workers, a few at a time", "[server]") {
  Host host({100, 0, 7});
  host.moving.start(3, std::nullopt);
  REQUIRE(host.asked);
  CHECK(host.asked->second.which == GiveWhich::any);
  CHECK_FALSE(host.asked->second.client);
  host.run();
  CHECK(host.done->moved == 107);
  CHECK(host.done->stayed == 0);
  CHECK(host.done->why.empty());
  CHECK(host.there == 107);
  CHECK(host.peer == 3);
  CHECK(host.most <= 16);
}

TEST_CASE("a move asks for the clients that it is about", "[server]") {
  Host host({1});
  host.moving.start(0, IpPrefix::parse("192.0.2.0/24"));
  REQUIRE(host.asked);
  REQUIRE(host.asked->second.client);
  CHECK(host.asked->second.client->bits == 24);
}

TEST_CASE("a move ends when the peer takes no more, and says how many stay and why", "[server]") {
  const std::size_t room = GENERATE(0U, 1U, 16U, 17U, 50U);
  Host host({40, 40});
  host.room = room;
  host.moving.start(0, std::nullopt);
  host.run();
  CHECK(host.done->moved == room);
  CHECK(host.done->stayed == 80 - room);
  CHECK(host.done->why == "no host has room for it");
  CHECK(host.quiet[0] + host.quiet[1] == 80 - room);
}

TEST_CASE("a move waits a second for what cannot leave at the moment, and no longer", "[server]") {
  Host host({3});
  host.unready = 2;
  host.moving.start(0, std::nullopt);
  host.run();
  CHECK(host.done->moved == 3);
  CHECK(host.done->stayed == 2);
  CHECK(host.done->why == "they could not leave now");
  CHECK(host.done->seconds >= 1);
  CHECK(host.done->seconds < 1.1);
}

TEST_CASE("a move ends although new sessions come as fast as it takes them", "[server]") {
  Host host({100});
  host.moving.start(0, std::nullopt);
  for (int i = 0; i < 1000 && !host.done; ++i) {
    if (host.asked) host.answer_order();
    host.quiet[0] = 100;
    host.settle_parcels();
  }
  REQUIRE(host.done);
  CHECK(host.done->moved >= 100);
  CHECK(host.done->moved <= 216);
}

TEST_CASE("a move that is cancelled gives back what it is given later", "[server]") {
  Host host({20});
  host.moving.start(0, std::nullopt);
  host.moving.cancel("the service ends");
  REQUIRE(host.done);
  CHECK(host.done->why == "the service ends");
  host.answer_order();
  CHECK(host.under_way.empty());
  CHECK(host.quiet[0] == 20);
}
