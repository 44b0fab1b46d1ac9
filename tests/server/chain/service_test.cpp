// SPDX-License-Identifier: GPL-3.0-or-later
//
// The chain service on a loop without sockets, by a clock that the test sets.
#include "server/chain/service.hpp"

#include <catch2/catch.hpp>
#include <filesystem>

#include "support/fake_io.hpp"
#include "support/logged.hpp"
#include "support/temp_dir.hpp"

using namespace mooring;
using namespace mooring::server;
using namespace std::chrono_literals;

namespace {

constexpr dnschain::WallTime kStart{std::chrono::seconds{1'790'000'000}};
constexpr const char* kAnchor =
    ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n";

dnschain::Service service() {
  return dnschain::Service::create("dot.example", dnschain::Port(853)).value();
}

dnschain::KeeperSettings one_service() {
  dnschain::KeeperSettings out;
  out.services = {{service(), {}, {}}};
  out.anchor = dnschain::TrustAnchor::parse(kAnchor, "root.ds").value();
  out.ask_timeout = 7s;
  return out;
}

ResolverSettings resolver() {
  ResolverSettings out;
  out.servers = {*Endpoint::parse("192.0.2.1:53")};
  out.upstream.connections = 1;
  out.upstream.query_deadline = 5s;
  return out;
}

struct Running {
  explicit Running(dnschain::KeeperSettings settings = one_service(), ChainMemory memory = {})
      : chains(
            loop, logged.log, std::move(settings), resolver(), std::move(memory),
            [this](const auto&) { ++published; }, [this] { ++settled; },
            {[this] { return ClockWatch::Wall(kStart.time_since_epoch() + set_by) + gone(); },
             [this] { return loop.now(); }}) {
    loop.turn();
  }
  [[nodiscard]] Milliseconds gone() const {
    return std::chrono::duration_cast<Milliseconds>(loop.now() - began);
  }
  /// The resolver takes every connection meanwhile, and answers nothing.
  void wait(std::chrono::seconds time) {
    for (int i = 0; i < 10 * time.count(); ++i) {
      loop.advance(100ms);
      for (; connected < loop.connections.size(); ++connected)
        loop.connections[connected]->connect();
    }
  }
  [[nodiscard]] std::size_t octets_asked() const {
    std::size_t sum = 0;
    for (const auto& peer : loop.connections) sum += peer->sent.size();
    return sum;
  }

  test::FakeLoop loop;
  TimePoint began = loop.now();
  std::chrono::seconds set_by{0};
  test::Logged logged;
  int published = 0;
  int settled = 0;
  std::size_t connected = 0;
  ChainService chains;
};

}  // namespace

TEST_CASE("a resolver that never answers holds nobody up for ever", "[server]") {
  Running it;
  REQUIRE(it.loop.connections.size() == 1);
  it.wait(2s);
  CHECK(it.settled == 0);
  it.wait(8s);
  CHECK(it.settled == 1);
  CHECK_THAT(it.logged.take(), Catch::Contains("event=chain name=dot.example port=853 "
                                               "state=refresh_failed") &&
                                   Catch::Contains("the resolver did not answer in time"));
  const KeeperMetrics metrics = it.chains.metrics();
  CHECK(metrics.services.value() == 1);
  CHECK(metrics.failing.value() == 1);
  CHECK(metrics.served.value() == 0);
  it.wait(60s);
  CHECK(it.settled == 1);
}

TEST_CASE("without descriptors for a connection the service settles too", "[server]") {
  Running it;
  it.loop.refuses = Error{"Too many open files", 24};
  it.loop.connections.front()->reset();
  it.wait(15s);
  CHECK(it.settled == 1);
  CHECK_THAT(it.logged.take(), Catch::Contains("the resolver cannot be reached"));
}

TEST_CASE("a clock that is set is noticed within a second, and chains are asked for anew",
          "[server]") {
  const auto step = GENERATE(3600s, -3600s);
  Running it;
  it.wait(10s);
  REQUIRE(it.settled == 1);
  it.logged.take();
  const std::size_t asked = it.octets_asked();
  it.wait(2s);
  REQUIRE(it.octets_asked() == asked);
  it.set_by += step;
  it.wait(1s);
  CHECK_THAT(it.logged.take(), Catch::Contains(std::string("warning event=clock state=") +
                                               (step > 0s ? "set_forward" : "set_back") +
                                               " by=3600s now=2026-09-21T"));
  it.wait(1s);
  CHECK(it.octets_asked() > asked);
  it.wait(5s);
  CHECK_THAT(it.logged.take(), !Catch::Contains("event=clock"));
}

TEST_CASE("a state that cannot be saved is saved when it can be", "[server]") {
  const test::TempDir files;
  const std::string directory = files.path("state");
  const dnschain::StoredService pinned{service(), kStart + 24h, {}, {}, {}};
  ChainMemory memory{dnschain::StateStore(directory), {}};
  memory.state.services = {pinned};
  dnschain::KeeperSettings settings = one_service();
  settings.services.clear();
  settings.forget = {service()};
  Running it(settings, memory);
  CHECK_THAT(it.logged.take(), Catch::Contains("state=forgotten") &&
                                   Catch::Contains("error event=state result=failed"));
  it.wait(10s);
  CHECK_THAT(it.logged.take(), !Catch::Contains("event=state"));
  std::filesystem::create_directory(directory);
  it.wait(6s);
  CHECK_THAT(it.logged.take(), Catch::Contains("info event=state result=stored file="));
  CHECK(std::filesystem::exists(directory + "/chains.state"));
  CHECK(it.chains.pinned_names().empty());
}
