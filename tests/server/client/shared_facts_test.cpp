// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/client/shared_facts.hpp"

#include <catch2/catch.hpp>
#include <vector>

using namespace mooring::server;

namespace {

SessionFacts facts(const char* name) {
  return {name, "dot", "X25519MLKEM768", 853, true};
}

}  // namespace

TEST_CASE("equal facts are kept once, for as long as somebody shares them", "[sleep]") {
  SharedFacts table;
  {
    std::vector<SharedFacts::Share> shares;
    for (int i = 0; i < 100; ++i) shares.push_back(table.share(facts("dot.example.net")));
    CHECK(table.size() == 1);
    CHECK(&*shares.front() == &*shares.back());
    const auto other = table.share(facts("another.example.net"));
    CHECK(table.size() == 2);
    CHECK(other->server_name == "another.example.net");
    while (shares.size() > 1) shares.pop_back();
    CHECK(table.size() == 2);
  }
  CHECK(table.size() == 0);
}

TEST_CASE("facts that differ in one point are not the same", "[sleep]") {
  SharedFacts table;
  const auto base = table.share(facts("a.example"));
  auto other = facts("a.example");
  SECTION("protocol") {
    other.alpn.clear();
  }
  SECTION("group") {
    other.group = "X25519";
  }
  SECTION("port") {
    other.chain_port = 854;
  }
  SECTION("no port") {
    other.chain_port.reset();
  }
  SECTION("not our name") {
    other.known_name = false;
  }
  const auto share = table.share(other);
  CHECK(table.size() == 2);
  CHECK(*share == other);
}
