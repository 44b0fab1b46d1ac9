// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/chain/state_saver.hpp"

#include <catch2/catch.hpp>

#include "support/logged.hpp"

using namespace mooring;
using namespace mooring::server;
using namespace std::chrono_literals;

TEST_CASE("a save that fails is logged once and tried again after a pause", "[server]") {
  test::Logged logged;
  std::string fault = "the disk is full";
  int saves = 0;
  StateSaver saver(
      [&](const dnschain::KeeperState&) -> Result<void> {
        ++saves;
        if (!fault.empty()) return failure(fault);
        return {};
      },
      "state/chains.state", logged.log);
  TimePoint now{1'000s};
  REQUIRE(saver.ready(now));
  CHECK_FALSE(saver.save({}, now));
  CHECK_THAT(logged.take(),
             Catch::StartsWith("error event=state result=failed error=\"the disk is full\""));
  CHECK(saver.again_at() == now + 5s);
  CHECK_FALSE(saver.ready(now + 4s));
  REQUIRE(saver.ready(now += 5s));
  CHECK_FALSE(saver.again_at());
  CHECK_FALSE(saver.save({}, now));
  CHECK(logged.take().empty());  // the same fault

  fault = "the disk is gone";
  REQUIRE(saver.ready(now += 5s));
  CHECK_FALSE(saver.save({}, now));
  CHECK_THAT(logged.take(), Catch::Contains("the disk is gone"));
  fault.clear();
  REQUIRE(saver.ready(now += 5s));
  CHECK(saver.save({}, now));
  CHECK(logged.take() == "info event=state result=stored file=state/chains.state\n");
  CHECK_FALSE(saver.again_at());
  CHECK(saver.save({}, now));
  CHECK(logged.take().empty());
  CHECK(saves == 5);
}

TEST_CASE("without a place to store it in, the state counts as stored", "[server]") {
  test::Logged logged;
  StateSaver saver(nullptr, "", logged.log);
  CHECK(saver.ready({}));
  CHECK(saver.save({}, {}));
  CHECK(logged.take().empty());
}
