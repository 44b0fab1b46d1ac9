// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/base/endpoint.hpp"

#include <sys/socket.h>

#include <catch2/catch.hpp>

using namespace mooring::server;

TEST_CASE("an endpoint keeps its text and survives the socket form", "[server]") {
  const auto text =
      GENERATE(as<std::string>{}, "192.0.2.1:853", "0.0.0.0:0", "[::]:853", "[2001:db8::1]:65535");
  const auto endpoint = Endpoint::parse(text);
  REQUIRE(endpoint);
  CHECK(endpoint->text() == text);
  sockaddr_storage storage{};
  CHECK(endpoint->to(storage) > 0);
  const auto back = Endpoint::from(reinterpret_cast<const sockaddr&>(storage));
  REQUIRE(back);
  CHECK(*back == *endpoint);
}

TEST_CASE("what is no endpoint is refused", "[server]") {
  const auto text =
      GENERATE(as<std::string>{}, "", ":853", "192.0.2.1", "192.0.2.1:", "192.0.2.1:65536",
               "192.0.2.1:-1", "192.0.2.1:0853", "192.0.2.1:853 ", "[192.0.2.1]:853",
               "2001:db8::1:853", "[2001:db8::1]", "[]:853", "dot.example:853", "[::1]]:853");
  CHECK_FALSE(Endpoint::parse(text).has_value());
}

TEST_CASE("an IPv4-mapped address is the IPv4 address", "[server]") {
  CHECK(IpAddress::parse("::ffff:192.0.2.1") == IpAddress::parse("192.0.2.1"));
}

TEST_CASE("a prefix holds its own addresses and no others", "[server]") {
  const auto in = [](const char* prefix, const char* address) {
    return IpPrefix::parse(prefix).value().contains(IpAddress::parse(address).value());
  };
  CHECK(in("127.0.0.0/8", "127.255.0.1"));
  CHECK_FALSE(in("127.0.0.0/8", "128.0.0.1"));
  CHECK(in("192.0.2.1", "192.0.2.1"));
  CHECK_FALSE(in("192.0.2.1", "192.0.2.2"));
  CHECK(in("2001:db8:8000::/33", "2001:db8:ffff::1"));
  CHECK_FALSE(in("2001:db8:8000::/33", "2001:db8:7fff::1"));
  CHECK(in("0.0.0.0/0", "203.0.113.9"));
  CHECK_FALSE(in("0.0.0.0/0", "2001:db8::1"));
}

TEST_CASE("a prefix with bits past its length is refused", "[server]") {
  const auto text = GENERATE(as<std::string>{}, "127.0.0.1/8", "10.0.0.0/33", "::/129", "10.0.0.0/",
                             "10.0.0.0/-1", "10.0.0/8", "10.0.0.0/08");
  CHECK_FALSE(IpPrefix::parse(text).has_value());
}
