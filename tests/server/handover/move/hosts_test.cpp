// SPDX-License-Identifier: GPL-3.0-or-later
// Connections that go from host to host over a link: real kernels, in network namespaces.
#include <catch2/catch.hpp>

#include <csignal>
#include <ctime>
#include <iostream>

#include "support/moving_hosts.hpp"

using namespace mooring::server;
using namespace mooring::test;

namespace {

double cpu_of_this_thread() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

/// A conversation that has been moved, with its end where it is now.
void move_and_settle(MovingHosts& moving, Conversation& talk) {
  REQUIRE(moving.move(talk, "session"));
  for (const auto& [tag, stayed] : moving.stayed) FAIL(stayed.second);
  talk.server.socket = std::move(moving.arrived.back().second.descriptor);
  REQUIRE(talk.settle(moving.hosts.cable, 2000));
}

/// It goes on where it was; why it has not gone.
std::string stay_and_settle(MovingHosts& moving, Conversation& talk) {
  REQUIRE(moving.move(talk, "session"));
  REQUIRE(moving.stayed.size() == 1);
  auto& [parcel, why] = moving.stayed.begin()->second;
  CHECK(text_of(parcel.octets.view()) == "session");
  talk.server.socket = std::move(parcel.descriptor);
  talk.client.write(4000);
  talk.server.write(4000);
  CHECK(talk.settle(moving.hosts.cable, 4000));
  return why;
}

}  // namespace

TEST_CASE("conversations go on at the host that their sessions were given to", "[handover]") {
  ThreeHosts hosts;
  hosts.front.run([&] {
    MovingHosts moving(hosts);
    double cpu = 0;
    for (std::size_t i = 0; i < 200; ++i) {
      const IpFamily family = i % 2 == 0 ? IpFamily::v4 : IpFamily::v6;
      Conversation talk(hosts, family);
      REQUIRE(talk.settle(hosts.cable, 3000));
      // Under way in both directions, and unread.
      talk.client.write(5000);
      hosts.cable.carry();
      hosts.cable.hold();
      talk.client.write(9000);
      talk.server.write(i % 3 == 0 ? 5000 : 60000);
      hosts.cable.carry();
      const double before = cpu_of_this_thread();
      REQUIRE(moving.move(talk, "session " + std::to_string(i)));
      cpu += cpu_of_this_thread() - before;
      for (const auto& [tag, stayed] : moving.stayed) FAIL(stayed.second);
      REQUIRE(moving.arrived.size() == i + 1);
      Parcel& parcel = moving.arrived.back().second;
      CHECK(text_of(parcel.octets.view()) == "session " + std::to_string(i));
      talk.server.socket = std::move(parcel.descriptor);
      hosts.cable.release();
      REQUIRE(talk.settle(hosts.cable, 70000));
    }
    CHECK(moving.moved.size() == 200);
    CHECK(moving.stayed.empty());
    CHECK(moving.troubles.empty());
    std::cout << "both ends of the link, for each connection: " << cpu / 200
              << " us of CPU without the helpers\n";
  });
  CHECK(hosts.cable.resets() == 0);
  CHECK(hosts.front.tcp_counter("OutRsts") == 0);
}

TEST_CASE("a host is emptied of all its connections at once", "[handover]") {
  constexpr std::size_t kAll = 100;
  ThreeHosts hosts;
  hosts.front.run([&] {
    MovingHosts moving(hosts);
    std::vector<std::unique_ptr<Conversation>> talks;
    for (std::size_t i = 0; i < kAll; ++i) {
      talks.push_back(
          std::make_unique<Conversation>(hosts, i % 2 == 0 ? IpFamily::v4 : IpFamily::v6));
      REQUIRE(talks.back()->settle(hosts.cable, 500));
    }
    const auto begin = moving.world.loop->make_wake_up([&] {
      for (std::size_t i = 0; i < kAll; ++i) {
        Parcel parcel = parcel_of(std::to_string(i));
        parcel.descriptor = std::move(talks[i]->server.socket);
        moving.departures->move(i, std::nullopt, std::move(parcel));
      }
    });
    begin->wake();
    const auto started = std::chrono::steady_clock::now();
    REQUIRE(moving.world.run_until([&] { return moving.arrived.size() == kAll; }));
    const std::chrono::duration<double, std::milli> took =
        std::chrono::steady_clock::now() - started;
    std::cout << kAll << " connections in " << took.count() << " ms\n";
    CHECK(moving.departures->waiting() == 0);
    CHECK(moving.moved.size() == kAll);
    for (auto& [number, parcel] : moving.arrived) {
      Conversation& talk = *talks[std::stoul(text_of(parcel.octets.view()))];
      talk.server.socket = std::move(parcel.descriptor);
    }
    for (const auto& talk : talks) {
      talk->client.write(3000);
      talk->server.write(3000);
      REQUIRE(talk->settle(hosts.cable, 3000));
    }
  });
  CHECK(hosts.cable.resets() == 0);
  CHECK(hosts.front.tcp_counter("OutRsts") == 0);
}

TEST_CASE("a connection stays where it was when the other host is full", "[handover]") {
  ThreeHosts hosts;
  hosts.front.run([&] {
    MovingHosts moving(hosts, 1);
    Conversation first(hosts, IpFamily::v4);
    Conversation second(hosts, IpFamily::v4);
    REQUIRE(first.settle(hosts.cable, 1000));
    REQUIRE(second.settle(hosts.cable, 1000));
    move_and_settle(moving, first);
    CHECK(stay_and_settle(moving, second) == "no host has room for it");
    first.client.write(5000);
    CHECK(first.settle(hosts.cable, 5000));
  });
  CHECK(hosts.cable.resets() == 0);
}

TEST_CASE("a connection stays where it was when the other host has not the service's address",
          "[handover]") {
  ThreeHosts hosts;
  hosts.backend.shell("ip addr del 198.51.100.53/32 dev lo");
  hosts.front.run([&] {
    MovingHosts moving(hosts);
    Conversation talk(hosts, IpFamily::v4);
    REQUIRE(talk.settle(hosts.cable, 1000));
    const std::string why = stay_and_settle(moving, talk);
    INFO(why);
    CHECK(why.starts_with("the session is of no use to the host: "));
    REQUIRE(moving.troubles.size() == 1);
  });
  CHECK(hosts.cable.resets() == 0);
}

TEST_CASE("a connection stays where it was when there is no other host any more", "[handover]") {
  ThreeHosts hosts;
  hosts.front.run([&] {
    MovingHosts moving(hosts);
    Conversation talk(hosts, IpFamily::v6);
    REQUIRE(talk.settle(hosts.cable, 1000));
    // While it is held and offered: the other end does not answer any more, and then is gone.
    moving.world.at_end.front() = [&] {
      moving.departures->end_turn();
      if (moving.arrivals && moving.departures->waiting() > 0) moving.arrivals.reset();
    };
    const std::string why = stay_and_settle(moving, talk);
    INFO(why);
    CHECK(moving.arrived.empty());
  });
  CHECK(hosts.cable.resets() == 0);
}

TEST_CASE("connections move on with another helper when the first one has died", "[handover]") {
  ThreeHosts hosts;
  hosts.front.run([&] {
    MovingHosts moving(hosts);
    Conversation first(hosts, IpFamily::v4);
    Conversation second(hosts, IpFamily::v6);
    REQUIRE(first.settle(hosts.cable, 1000));
    REQUIRE(second.settle(hosts.cable, 1000));
    move_and_settle(moving, first);
    REQUIRE(moving.front_helpers.size() == 1);
    ::kill(moving.front_helpers.front(), SIGKILL);
    move_and_settle(moving, second);
    CHECK(moving.front_helpers.size() == 2);
    first.client.write(5000);  // is still passed on
    CHECK(first.settle(hosts.cable, 5000));
  });
  CHECK(hosts.cable.resets() == 0);
}

TEST_CASE("a port that is free again is the front's again", "[handover]") {
  ThreeHosts hosts;
  hosts.front.run([&] {
    MovingHosts moving(hosts);
    Conversation talk(hosts, IpFamily::v4);
    REQUIRE(talk.settle(hosts.cable, 1000));
    move_and_settle(moving, talk);
    moving.arrivals->session_ended(moving.arrived.back().first);
    moving.arrivals->end_turn();
    // Told, and forgotten in the same turn.
    const TimePoint begin = moving.world.loop->now();
    REQUIRE(moving.world.run_until(
        [&] { return moving.world.loop->now() - begin > std::chrono::milliseconds(200); }));
    CHECK(moving.arrivals->sessions() == 0);
    CHECK(moving.troubles.empty());
    // The front's kernel has no socket for it: what the client sends now is refused.
    talk.client.write(3000);
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (hosts.cable.resets() == 0 && std::chrono::steady_clock::now() < until) {
      hosts.cable.carry();
    }
    CHECK(hosts.cable.resets() > 0);
    CHECK(hosts.front.tcp_counter("OutRsts") > 0);
  });
}
