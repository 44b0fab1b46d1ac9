// SPDX-License-Identifier: GPL-3.0-or-later
//
// Programs of others as clients, whose connections go to and fro between two workers meanwhile.
#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "e2e/other_clients.hpp"
#include "e2e/two_workers.hpp"
#include "support/temp_dir.hpp"

using namespace mooring;
using namespace mooring::test;
using namespace std::chrono_literals;

namespace {

/// Moves all sessions all the time, for as long as it lives.
class Mover {
 public:
  explicit Mover(TwoWorkers& workers)
      : thread_([&] {
          while (!stop_) {
            moved_ += workers.move();
            // So that what is asked is also answered now and then.
            std::this_thread::sleep_for(2ms);
          }
        }) {}
  ~Mover() {
    stop_ = true;
    thread_.join();
  }
  [[nodiscard]] std::size_t moved() const { return moved_; }

 private:
  std::atomic<bool> stop_ = false;
  std::atomic<std::size_t> moved_ = 0;
  std::thread thread_;
};

}  // namespace

TEST_CASE("kdig asks on one connection that goes to and fro", "[giving]") {
  TwoWorkers workers;
  const Mover mover(workers);
  const std::string out = said(asking(workers.port(), {"+tls", "+keepopen"}, 2000));
  CHECK(count_of(out, "status: NOERROR") == 2000);
  CHECK(mover.moved() > 5);
  CHECK(workers.refused() == 0);
}

TEST_CASE("Unbound forwards over connections that go to and fro", "[giving]") {
  TwoWorkers workers;
  UnboundForwarder unbound(workers.port());
  const Mover mover(workers);
  const std::string out = said(asking(unbound.port(), {"+timeout=10"}, 300));
  CHECK(count_of(out, "status: NOERROR") == 300);
  CHECK(mover.moved() > 0);
  CHECK(workers.refused() == 0);
}

TEST_CASE("Go resumes again and again while its connections go to and fro", "[giving]") {
  if (std::system("command -v go >/dev/null") != 0) return;
  TwoWorkers workers;
  const TempDir dir;
  const std::string program = dir.path("go_client");
  said({"GOCACHE=" + dir.path("cache"), "GOTOOLCHAIN=local", "CGO_ENABLED=0", "go", "build", "-o",
        program, MOORING_GO_CLIENT},
       120s);
  for (const char* const version : {"1.2", "1.3"}) {
    const Mover mover(workers);
    const std::string out =
        said({program, "127.0.0.1:" + std::to_string(workers.port()), kName, version, "101"});
    CHECK_THAT(out, Catch::StartsWith("101 answered, 100 resumed"));
    CHECK(mover.moved() > 0);
  }
}
