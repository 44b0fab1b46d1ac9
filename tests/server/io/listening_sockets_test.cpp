// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/io/listening_sockets.hpp"

#include <catch2/catch.hpp>

#include "server/io/sockets.hpp"

using namespace mooring::server;

TEST_CASE("all workers' sockets for port 0 are bound to one port", "[io]") {
  const auto ours = bind_sockets(*Endpoint::parse("127.0.0.1:0"), 3);
  REQUIRE(ours);
  CHECK(ours->bound.port != 0);
  REQUIRE(ours->sockets.size() == 3);
  for (const auto& socket : ours->sockets) CHECK(bound_to(socket) == ours->bound);
}

TEST_CASE("a port that somebody listens on is not shared by accident", "[io]") {
  const auto ours = bind_sockets(*Endpoint::parse("127.0.0.1:0"), 1);
  REQUIRE(ours);
  REQUIRE(start_listening(*ours, 1));
  const auto second = bind_sockets(ours->bound, 1);
  REQUIRE_FALSE(second);
  CHECK(second.error().context == ours->bound.text() + ": bind: Address already in use");
}

TEST_CASE("an address of our own on the same port may be bound beside it", "[io]") {
  const auto ours = bind_sockets(*Endpoint::parse("127.0.0.1:0"), 1);
  REQUIRE(ours);
  REQUIRE(start_listening(*ours, 1));
  const Endpoint all{*IpAddress::parse("0.0.0.0"), ours->bound.port};
  CHECK_FALSE(bind_sockets(all, 2));
  CHECK(bind_sockets(all, 2, false));
}

TEST_CASE("the difference of two lists of addresses counts how often each is there", "[io]") {
  const Endpoint a = *Endpoint::parse("127.0.0.1:0");
  const Endpoint b = *Endpoint::parse("[::1]:853");
  CHECK(missing({a, b, a}, {a}) == std::vector{b, a});
  CHECK(missing({a}, {a, b}).empty());
}
