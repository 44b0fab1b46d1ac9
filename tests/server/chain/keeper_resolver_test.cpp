// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/chain/keeper_resolver.hpp"

#include <catch2/catch.hpp>

#include "support/fake_io.hpp"

using namespace mooring;
using namespace mooring::server;
using namespace std::chrono_literals;

namespace {

struct Owner final : AskOwner {
  void on_answer(dnschain::Keeper::AskId id, ByteView message) override {
    heard.push_back(std::to_string(id) + ": " + std::to_string(message.size()) + " octets");
  }
  void on_failure(dnschain::Keeper::AskId id, const std::string& why) override {
    heard.push_back(std::to_string(id) + ": " + why);
  }
  std::vector<std::string> heard;
};

ResolverSettings settings() {
  ResolverSettings out;
  out.servers = {*Endpoint::parse("192.0.2.1:53")};
  out.upstream.connections = 1;
  out.upstream.query_deadline = 5s;
  out.upstream.first_grace = out.upstream.grace;
  return out;
}

dnschain::Keeper::Ask ask(dnschain::Keeper::AskId id) {
  const auto name = dnschain::Service::create("dot.example", dnschain::Port(853)).value();
  return {id, {name.tlsa_owner(), dnschain::RrType::tlsa}};
}

struct Asking {
  Asking() {
    loop.at_end_of_turn([this] { resolver.end_turn(); });
  }

  test::FakeLoop loop;
  Owner owner;
  KeeperResolver resolver{loop, settings(), owner};
};

}  // namespace

TEST_CASE("a question goes to the resolver, and its answer comes back", "[server]") {
  Asking it;
  it.resolver.ask(ask(7));
  it.loop.turn();
  REQUIRE(it.loop.connections.size() == 1);
  const auto peer = it.loop.connections.front();
  CHECK(peer->address == settings().servers.front());
  peer->connect();
  it.loop.turn();
  REQUIRE(peer->sent.size() > 14);
  std::string answer = peer->sent;
  answer[4] = static_cast<char>(0x84);  // QR and AA
  peer->send(answer);
  it.loop.turn();
  REQUIRE(it.owner.heard.size() == 1);
  CHECK(it.owner.heard[0] == "7: " + std::to_string(answer.size() - 2) + " octets");
}

TEST_CASE("a resolver that never answers is given up at the deadline", "[server]") {
  Asking it;
  it.resolver.ask(ask(7));
  it.loop.turn();
  it.loop.connections.front()->connect();
  it.loop.turn();
  for (int i = 0; i < 50; ++i) it.loop.advance(90ms);
  CHECK(it.owner.heard.empty());
  for (int i = 0; i < 10; ++i) it.loop.advance(90ms);
  REQUIRE(it.owner.heard.size() == 1);
  CHECK_THAT(it.owner.heard[0], Catch::StartsWith("7: the resolver did not answer in time"));
}

TEST_CASE("no descriptor for a connection is named as why there is no answer", "[server]") {
  Asking it;
  it.loop.refuses = Error{"Too many open files", 24};
  it.resolver.ask(ask(7));
  it.loop.turn();
  for (int i = 0; i < 60 && it.owner.heard.empty(); ++i) it.loop.advance(100ms);
  REQUIRE(it.owner.heard.size() == 1);
  CHECK_THAT(it.owner.heard[0],
             Catch::StartsWith("7: the resolver cannot be reached: 192.0.2.1:53 "));
}

TEST_CASE("no word comes of questions whose resolver is gone", "[server]") {
  test::FakeLoop loop;
  Owner owner;
  {
    KeeperResolver resolver(loop, settings(), owner);
    resolver.ask(ask(1));
    resolver.end_turn();
  }
  loop.advance(10s);
  CHECK(owner.heard.empty());
}
