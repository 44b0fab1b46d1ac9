// SPDX-License-Identifier: GPL-3.0-or-later
//
// Programs of others as clients, whose connections go to and fro between two workers meanwhile.
#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "e2e/two_workers.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

using namespace mooring;
using namespace mooring::server;
using namespace mooring::test;
using namespace std::chrono_literals;

namespace {

std::string said(std::vector<std::string> arguments, std::chrono::milliseconds wait = 60s) {
  arguments.insert(arguments.begin(), "/usr/bin/env");
  Process program(arguments);
  CHECK(program.wait(wait) == 0);
  return program.output();
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

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

std::vector<std::string> asking(std::uint16_t port, std::vector<std::string> options,
                                unsigned names) {
  std::vector<std::string> out{"kdig", "@127.0.0.1", "-p", std::to_string(port), "+retry=0"};
  out.insert(out.end(), options.begin(), options.end());
  for (unsigned i = 0; i < names; ++i) out.push_back(host_of(i));
  return out;
}

}  // namespace

TEST_CASE("kdig asks on one connection that goes to and fro", "[giving]") {
  TwoWorkers workers;
  const Mover mover(workers);
  const std::string out = said(asking(workers.port(), {"+tls", "+keepopen"}, 600));
  CHECK(count_of(out, "status: NOERROR") == 600);
  CHECK(mover.moved() > 20);
  CHECK(workers.refused() == 0);
}

TEST_CASE("Unbound forwards over connections that go to and fro", "[giving]") {
  TwoWorkers workers;
  const TempDir dir;
  // Not the installed program, which AppArmor may keep from files of ours.
  const std::string program = dir.path("unbound");
  std::filesystem::copy_file("/usr/sbin/unbound", program);
  const std::uint16_t port = bound_to(*bind_socket(*Endpoint::parse("127.0.0.1:0"), true))->port;
  std::ofstream(dir.path("unbound.conf"))
      << "server:\n interface: 127.0.0.1@" << port
      << "\n username: \"\"\n chroot: \"\"\n directory: \"" << dir.path("")
      << "\"\n pidfile: \"\"\n use-syslog: no\n do-not-query-localhost: no\n"
      << " module-config: \"iterator\"\n"
      << "forward-zone:\n name: \".\"\n forward-addr: 127.0.0.1@" << workers.port()
      << "\n forward-tls-upstream: yes\nremote-control:\n control-enable: no\n";
  Process unbound({program, "-d", "-c", dir.path("unbound.conf")});
  REQUIRE(unbound.prints("start of service"));
  const Mover mover(workers);
  const std::string out = said(asking(port, {"+timeout=10"}, 300));
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
