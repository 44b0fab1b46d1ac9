// SPDX-License-Identifier: GPL-3.0-or-later
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "dnschain/keep/state_store.hpp"
#include "dnschain/proof/serialiser.hpp"
#include "run_mooring.hpp"
#include "support/rfc9102_vectors.hpp"

using namespace mooring::test;
using namespace mooring::dnschain;
using Catch::Contains;
using nlohmann::json;
using std::chrono::hours;

namespace {

/// A state directory that holds the vectors A.1 (secure, pinned for two days) and A.6 (denial,
/// never pinned), as fetched a day into their time.
class StateDirectory {
 public:
  StateDirectory() {
    KeeperState state;
    for (const Vector& vector : rfc9102_vectors()) {
      if (vector.file != "a1.txt" && vector.file != "a6.txt") continue;
      now = vector.inception + hours{24};
      StoredService stored{
          vector.service(), {}, now, parse_extension_body(vector.derived).value().records};
      if (vector.file == "a1.txt") stored.pinned_until = now + hours{48};
      state.services.push_back(std::move(stored));
    }
    REQUIRE(StateStore(path()).save(state).has_value());
  }

  [[nodiscard]] std::string path() const { return scratch_.path(""); }
  [[nodiscard]] Ran status(std::vector<std::string> more, hours later = hours{0}) const {
    std::vector<std::string> arguments{
        "chain", "status",   "--state",
        path(),  "--anchor", std::string(MOORING_FIXTURES) + "/rfc9102/trust-anchor.txt"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_mooring(arguments, now + later);
  }

  WallTime now{};

 private:
  ScratchDirectory scratch_;
};

}  // namespace

TEST_CASE("chain status shows what the server holds and when it may be switched off", "[tools]") {
  const StateDirectory state;
  const Ran ran = state.status({});
  CHECK(ran.status == 0);
  CHECK_THAT(ran.out, Contains("www.example.com:443: secure: "));
  CHECK_THAT(ran.out, Contains("safe to switch off from 2018-12-01T00:00:00Z (in 2 d)"));
  CHECK_THAT(ran.out, Contains("smtp.example.com:25: denial: "));
  CHECK_THAT(ran.out, Contains("no support lifetime was ever announced"));
  CHECK_THAT(state.status({}, hours{49}).out,
             Contains("safe to switch off since 2018-12-01T00:00:00Z"));
}

TEST_CASE("chain status prints one object for all chains", "[tools]") {
  const StateDirectory state;
  const json object = json::parse(state.status({"--json"}).out);
  REQUIRE(object["chains"].size() == 2);
  const json& pinned = object["chains"][0];
  CHECK(pinned["verdict"] == "secure");
  CHECK(pinned["fetched"] == "2018-11-29T00:00:00Z");
  CHECK(pinned["ttl_end"] == "2018-11-29T01:00:00Z");
  CHECK(pinned["pinned_until"] == "2018-12-01T00:00:00Z");
  CHECK(pinned["safe_to_switch_off"] == false);
  CHECK(object["chains"][1]["safe_to_switch_off"] == true);
}

TEST_CASE("chain status shows one chain in full", "[tools]") {
  const StateDirectory state;
  const Ran ran = state.status({"www.example.com:443"});
  CHECK(ran.status == 0);
  CHECK_THAT(ran.out, Contains(" IN TLSA 3 1 1 8bd1da95") && Contains("`- com.\n"));
  CHECK_THAT(ran.out, !Contains("smtp.example.com"));
  CHECK(state.status({"other.example"}).status == 2);
}

TEST_CASE("chain status finds a chain that holds no longer", "[tools]") {
  const StateDirectory state;
  const Ran ran = state.status({}, hours{24 * 800});
  CHECK(ran.status == 1);
  CHECK_THAT(ran.out, Contains("bogus") && Contains("expired"));
}

TEST_CASE("chain status reads, and touches nothing", "[tools]") {
  const ScratchDirectory scratch;
  const std::string anchor = std::string(MOORING_FIXTURES) + "/rfc9102/trust-anchor.txt";
  const auto status = [&] {
    return run_mooring({"chain", "status", "--state", scratch.path(""), "--anchor", anchor});
  };
  CHECK(status().status == 2);
  const std::string file = scratch.write("chains.state", std::string_view("junk"));
  CHECK(status().status == 2);
  CHECK(status().status == 2);
  CHECK_THAT(status().err, Contains("chains.state: "));
}
