// SPDX-License-Identifier: GPL-3.0-or-later
#include "dnschain/keep/ask_list.hpp"

#include <catch2/catch.hpp>

#include "support/scripted_answers.hpp"

namespace {

using namespace mooring::dnschain;
using mooring::test::question;
using namespace std::chrono_literals;

const WallTime kNow{1'700'000'000s};
const Question kRoot = question(".", RrType::dnskey);
const Question kTlsa = question("_853._tcp.a.example.", RrType::tlsa);

Service at(const std::string& domain) {
  return Service::create(domain, Port{853}).value();
}

TEST_CASE("a question that two services need is asked once, and both get the answer",
          "[dnschain]") {
  AskList asks;
  asks.ask(at("a.example"), kRoot, kNow + 5s);
  asks.ask(at("b.example"), kRoot, kNow + 9s);
  asks.ask(at("a.example"), kTlsa, kNow + 7s);
  const auto unsent = asks.take_unsent();
  REQUIRE(unsent.size() == 2);
  CHECK(asks.take_unsent().empty());
  CHECK(asks.size() == 2);
  CHECK(asks.next_deadline() == kNow + 5s);
  const auto waiting = asks.take(unsent[0].id);
  REQUIRE(waiting);
  CHECK(waiting->question == kRoot);
  CHECK(waiting->services == std::vector<Service>{at("a.example"), at("b.example")});
  CHECK_FALSE(asks.take(unsent[0].id));
  CHECK(asks.waits(at("a.example")));
  CHECK_FALSE(asks.waits(at("b.example")));
}

TEST_CASE("what nobody waits for any more is neither sent nor taken", "[dnschain]") {
  AskList asks;
  asks.ask(at("a.example"), kRoot, kNow + 5s);
  asks.ask(at("b.example"), kRoot, kNow + 5s);
  asks.ask(at("a.example"), kTlsa, kNow + 5s);
  asks.forget(at("a.example"));
  const auto unsent = asks.take_unsent();
  REQUIRE(unsent.size() == 1);
  CHECK(unsent[0].question == kRoot);
  asks.forget(at("b.example"));
  CHECK_FALSE(asks.take(unsent[0].id));
  CHECK(asks.size() == 0);
  CHECK(asks.next_deadline() == WallTime::max());
}

TEST_CASE("a question is late from its deadline on, and never gets its number again",
          "[dnschain]") {
  AskList asks;
  asks.ask(at("a.example"), kRoot, kNow + 5s);
  asks.ask(at("a.example"), kTlsa, kNow + 6s);
  CHECK(asks.late(kNow + 4s).empty());
  const auto late = asks.late(kNow + 5s);
  REQUIRE(late.size() == 1);
  CHECK(asks.take(late[0])->question == kRoot);
  // One that was never sent and is over need not be sent.
  CHECK(asks.take_unsent().size() == 1);
  asks.clear();
  asks.ask(at("a.example"), kRoot, kNow);
  CHECK(asks.take_unsent().at(0).id > late[0]);
}

}  // namespace
