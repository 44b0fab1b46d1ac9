// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/workers.hpp"

#include <catch2/catch.hpp>
#include <stdexcept>

#include "server/ops/worker_events.hpp"
#include "support/fake_io.hpp"
#include "support/logged.hpp"

using namespace mooring;
using namespace mooring::server;

namespace {

/// Workers whose loops are the test's and whose contexts fail after so many.
struct Set {
  explicit Set(unsigned contexts_to_be_had) : left(contexts_to_be_had) {
    config.server.workers = 3;
  }

  static std::unique_ptr<Loop> make_loop() { return std::make_unique<test::FakeLoop>(); }
  tlsext::Result<std::shared_ptr<tlsext::ServerContext>> make() {
    if (left-- > 0) return nullptr;
    return tl::make_unexpected(tlsext::Error{tlsext::ErrorCode::internal, {}, "out of memory"});
  }

  unsigned left;
  Config config;
  test::FakeLoop loop;
  test::Logged logged;
  ClientLimits limits{ClientLimitSettings{}};
  WorkerEvents events{loop, logged.log, {}};
  Workers workers{make_loop, limits, events,
                  [this](const Config&, const tlsext::ChainSource&, auto) { return make(); }};
};

}  // namespace

TEST_CASE("without memory for one worker's context none is started", "[server]") {
  Set set(2);
  const auto started = set.workers.start(set.config, {}, nullptr);
  REQUIRE_FALSE(started);
  CHECK(started.error().context == "out of memory");
}

TEST_CASE("a worker without a loop is no worker", "[server]") {
  Set set(9);
  Workers workers([]() -> std::unique_ptr<Loop> { throw std::runtime_error("no event loop"); },
                  set.limits, set.events);
  CHECK_THROWS_WITH(workers.start(set.config, {}, nullptr), "no event loop");
  CHECK(workers.size() == 0);
}
