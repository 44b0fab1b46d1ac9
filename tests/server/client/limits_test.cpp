// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/client/limits.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

using namespace mooring::server;

namespace {

ClientAddress v4(unsigned a, unsigned b, unsigned c, unsigned d) {
  const std::array<std::byte, 4> octets{std::byte(a), std::byte(b), std::byte(c), std::byte(d)};
  return ClientAddress::v4(octets);
}

ClientAddress v6(std::initializer_list<unsigned> head, unsigned last) {
  std::array<std::byte, 16> octets{};
  std::size_t at = 0;
  for (const unsigned octet : head) octets.at(at++) = std::byte(octet);
  octets[15] = std::byte(last);
  return ClientAddress::v6(octets);
}

}  // namespace

TEST_CASE("client limits bound the connections in total", "[server]") {
  ClientLimits limits({.connections = 2, .connections_per_client = 10});
  Admission first, second, third;
  CHECK(limits.admit(v4(192, 0, 2, 1), first) == AdmissionVerdict::admitted);
  CHECK(limits.admit(v4(192, 0, 2, 2), second) == AdmissionVerdict::admitted);
  CHECK(limits.admit(v4(192, 0, 2, 3), third) == AdmissionVerdict::total_reached);
  second = Admission();
  CHECK(limits.admit(v4(192, 0, 2, 3), third) == AdmissionVerdict::admitted);
  CHECK(limits.connections() == 2);
}

TEST_CASE("client limits bound the connections of one client and free them at the end",
          "[server]") {
  ClientLimits limits({.connections = 10, .connections_per_client = 2});
  {
    Admission first, second, third, other;
    CHECK(limits.admit(v4(192, 0, 2, 1), first) == AdmissionVerdict::admitted);
    CHECK(limits.admit(v4(192, 0, 2, 1), second) == AdmissionVerdict::admitted);
    CHECK(limits.admit(v4(192, 0, 2, 1), third) == AdmissionVerdict::per_client_reached);
    CHECK(limits.admit(v4(192, 0, 2, 2), other) == AdmissionVerdict::admitted);
    CHECK(limits.clients() == 2);
    Admission moved = std::move(first);
    CHECK(limits.connections() == 3);
    // A place taken over another one gives the old one back.
    CHECK(limits.admit(v4(192, 0, 2, 3), moved) == AdmissionVerdict::admitted);
    CHECK(limits.connections() == 3);
    CHECK(limits.admit(v4(192, 0, 2, 1), third) == AdmissionVerdict::admitted);
  }
  CHECK(limits.connections() == 0);
  CHECK(limits.clients() == 0);
}

TEST_CASE("client limits see one client behind addresses of one network", "[server]") {
  ClientLimits limits({.connections = 10, .connections_per_client = 1});
  Admission a, b, c, d;
  CHECK(limits.admit(v6({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 1}, 1), a) == AdmissionVerdict::admitted);
  CHECK(limits.admit(v6({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 1}, 2), b) ==
        AdmissionVerdict::per_client_reached);
  CHECK(limits.admit(v6({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 2}, 1), b) == AdmissionVerdict::admitted);
  // IPv4 that came in through an IPv6 socket is the same client.
  CHECK(limits.admit(v4(192, 0, 2, 9), c) == AdmissionVerdict::admitted);
  CHECK(limits.admit(v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2}, 9), d) ==
        AdmissionVerdict::per_client_reached);
}

TEST_CASE("a network prefix keeps the first bits only", "[server]") {
  CHECK(v4(203, 0, 113, 255).network(24, 64) == v4(203, 0, 113, 0));
  CHECK(v4(203, 0, 113, 255).network(25, 64) == v4(203, 0, 113, 128));
  CHECK(v4(203, 0, 113, 255).network(32, 0) == v4(203, 0, 113, 255));
  CHECK(v4(203, 0, 113, 255).network(0, 0) == v4(0, 0, 0, 0));
  CHECK(v6({0x20, 0x01}, 7).network(0, 128) == v6({0x20, 0x01}, 7));
  CHECK(v6({0x20, 0x01}, 7).network(0, 127) == v6({0x20, 0x01}, 6));
  CHECK(v6({0x20, 0x01}, 7).network(0, 0) == v6({}, 0));
}

TEST_CASE("client limits that shrink keep who is in and admit nobody else", "[server]") {
  ClientLimits limits({.connections = 10, .connections_per_client = 10});
  Admission a, b, c;
  REQUIRE(limits.admit(v4(192, 0, 2, 1), a) == AdmissionVerdict::admitted);
  REQUIRE(limits.admit(v4(192, 0, 2, 1), b) == AdmissionVerdict::admitted);
  limits.set({.connections = 10, .connections_per_client = 1});
  CHECK(limits.admit(v4(192, 0, 2, 1), c) == AdmissionVerdict::per_client_reached);
  CHECK(limits.connections() == 2);
  limits.set({.connections = 10, .connections_per_client = 0});
  CHECK(limits.admit(v4(192, 0, 2, 7), c) == AdmissionVerdict::per_client_reached);
  CHECK(limits.clients() == 1);
}

TEST_CASE("an exempt client is bound by the total alone", "[server]") {
  ClientLimits limits({.connections = 3, .connections_per_client = 1});
  std::array<Admission, 4> places;
  REQUIRE(limits.admit(v4(192, 0, 2, 1), places[0]) == AdmissionVerdict::admitted);
  CHECK(limits.admit(v4(192, 0, 2, 1), places[1]) == AdmissionVerdict::per_client_reached);
  CHECK(limits.admit(v4(192, 0, 2, 1), places[1], true) == AdmissionVerdict::admitted);
  CHECK(limits.admit(v4(192, 0, 2, 1), places[2], true) == AdmissionVerdict::admitted);
  CHECK(limits.admit(v4(192, 0, 2, 1), places[3], true) == AdmissionVerdict::total_reached);
}

TEST_CASE("client limits are exact under several threads", "[server]") {
  ClientLimits limits({.connections = 100, .connections_per_client = 50});
  std::atomic<int> admitted{0};
  std::vector<std::vector<Admission>> places(4);
  std::vector<std::thread> threads;
  for (auto& mine : places) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        Admission place;
        if (limits.admit(v4(192, 0, 2, 1), place) != AdmissionVerdict::admitted) continue;
        ++admitted;
        mine.push_back(std::move(place));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(admitted == 50);
  places.clear();
  CHECK(limits.connections() == 0);
}
