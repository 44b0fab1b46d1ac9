// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/client/name_lookup.hpp"

#include <catch2/catch.hpp>
#include <future>

using namespace mooring::tools;
using Catch::Contains;

namespace {

constexpr Deadline kLater = Deadline::max();

Outcome<std::vector<SocketAddress>> find(const Endpoint& endpoint, int family = AF_UNSPEC) {
  return look_up(endpoint, family, kLater);
}

}  // namespace

TEST_CASE("an address is its own look-up", "[tools]") {
  CHECK(find({"192.0.2.1", 853})->at(0).text() == "192.0.2.1:853");
  CHECK(find({"2001:db8::1", 8853})->at(0).text() == "[2001:db8::1]:8853");
  CHECK(find({"192.0.2.1", 853}, AF_INET)->size() == 1);
  CHECK_FALSE(find({"192.0.2.1", 853}, AF_INET6).has_value());
  CHECK_FALSE(find({"2001:db8::1", 853}, AF_INET).has_value());
}

TEST_CASE("a name has the addresses that the system finds, or its reason", "[tools]") {
  const Endpoint dot{"dot.example", 853};
  const auto found = look_up(dot, AF_INET, kLater, [](const Endpoint& asked, int family) {
    CHECK(family == AF_INET);
    return system_look_up({"192.0.2.7", asked.port}, family);
  });
  REQUIRE(found.has_value());
  CHECK(found->at(0).text() == "192.0.2.7:853");
  const auto failed = look_up(dot, AF_UNSPEC, kLater, [](const Endpoint& asked, int /*family*/) {
    return Outcome<std::vector<SocketAddress>>(trouble(asked.host + ": no such name"));
  });
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error().text == "dot.example: no such name");
}

TEST_CASE("a look-up that takes too long is left behind", "[tools]") {
  std::promise<void> release;
  auto ended = std::make_shared<std::promise<void>>();
  auto has_ended = ended->get_future();
  const auto found = look_up({"dot.example", 853}, AF_UNSPEC, std::chrono::steady_clock::now(),
                             [go = release.get_future().share(), ended](const Endpoint&, int) {
                               go.wait();
                               ended->set_value();
                               return Outcome<std::vector<SocketAddress>>(trouble("too late"));
                             });
  REQUIRE_FALSE(found.has_value());
  CHECK_THAT(found.error().text, Contains("dot.example: the look-up") && Contains("timed out"));
  release.set_value();
  has_ended.wait();
}
