// SPDX-License-Identifier: GPL-3.0-or-later
// The helper as a process: what it holds, what it lacks, when it ends.
#include <catch2/catch.hpp>

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "support/move_scene.hpp"

using namespace mooring::server;
using namespace mooring::test;

namespace {

/// The value of a line "NAME:\tVALUE" of the process's status.
std::string status_of(pid_t pid, const std::string& name) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(name + ":\t", 0) == 0) return line.substr(name.size() + 2);
  }
  return {};
}

/// What it prints in a process of its own, which then ends without destroying anything.
std::string said_in_child(const std::function<std::string()>& what) {
  int ends[2];
  REQUIRE(::pipe2(static_cast<int*>(ends), O_CLOEXEC) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string text = what();
    _exit(::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1);
  }
  ::close(ends[1]);
  std::string text(4096, '\0');
  const auto size = ::read(ends[0], text.data(), text.size());
  ::close(ends[0]);
  REQUIRE(waitpid(child, nullptr, 0) == child);
  REQUIRE(size >= 0);
  return text.substr(0, static_cast<std::size_t>(size));
}

/// What a helper's check says that is started without a capability.
std::string without(int capability, std::uint16_t port) {
  return said_in_child([&]() -> std::string {
    if (capability >= 0) prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    auto helper = Helper::start(std::getenv("MOORING_HANDOVER"));
    if (!helper) return helper.error().context;
    const auto fit = helper->check({port});
    return fit ? "fit" : fit.error().context;
  });
}

}  // namespace

TEST_CASE("the helper holds two capabilities and nothing else", "[handover]") {
  const NetworkNamespace host;
  Helper helper = start_helper(host);
  REQUIRE(helper.check({853}));  // what it gives up it has given up before it answers
  const pid_t pid = helper.pid();
  CHECK(status_of(pid, "CapEff") == "0000000000001400");
  CHECK(status_of(pid, "CapPrm") == "0000000000001400");
  CHECK(status_of(pid, "CapInh") == "0000000000000000");
  CHECK(status_of(pid, "CapAmb") == "0000000000000000");
  CHECK(status_of(pid, "NoNewPrivs") == "1");
  CHECK(status_of(pid, "Uid") == "65534\t65534\t65534\t65534");
  CHECK(status_of(pid, "Gid") == "65534\t65534\t65534\t65534");
  CHECK(status_of(pid, "Groups").find_first_not_of(' ') == std::string::npos);
  const std::string place = "/proc/" + std::to_string(pid);
  for (const auto& entry : std::filesystem::directory_iterator(place + "/fd"))
    CHECK(std::stoi(entry.path().filename()) <= 2);
  CHECK(std::filesystem::file_size(place + "/environ") == 0);
}

TEST_CASE("the helper says what it lacks", "[handover]") {
  const NetworkNamespace host;
  host.run([] {
    CHECK(without(-1, 853) == "fit");
    CHECK(without(CAP_NET_ADMIN, 853) == "TCP_REPAIR is not permitted: it needs CAP_NET_ADMIN");
    CHECK(without(CAP_NET_BIND_SERVICE, 853) == "port 853 needs CAP_NET_BIND_SERVICE");
    CHECK(without(CAP_NET_BIND_SERVICE, 8853) == "fit");
  });
}

TEST_CASE("without its capability the helper cannot have packets forwarded, and says so",
          "[handover]") {
  const ThreeHosts hosts;
  hosts.front.run([] {
    const auto said = said_in_child([]() -> std::string {
      prctl(PR_CAPBSET_DROP, CAP_NET_ADMIN, 0, 0, 0);
      auto helper = must(Helper::start(std::getenv("MOORING_HANDOVER")));
      const auto done = helper.use_interfaces("eth0", "eth0");
      return done ? "done" : done.error().context;
    });
    CHECK(said == "nftables is not permitted: it needs CAP_NET_ADMIN");
  });
}

TEST_CASE("the helper ends with its parent, and with nothing that is meant for it", "[handover]") {
  const NetworkNamespace host;
  Helper mine = start_helper(host);
  REQUIRE(mine.check({}));
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR2}) ::kill(mine.pid(), signal);
  CHECK(mine.check({}));

  // A parent that has no time for farewells.
  REQUIRE(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0);
  const auto said = said_in_child([] {
    auto helper = must(Helper::start(std::getenv("MOORING_HANDOVER")));
    must(helper.check({}));
    std::string pid = std::to_string(helper.pid());
    new Helper(std::move(helper));
    return pid;
  });
  int status = -1;
  const pid_t orphan = std::stoi(said);
  CHECK(waitpid(orphan, &status, 0) == orphan);
  CHECK(status == 0);
  REQUIRE(prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0) == 0);
}

TEST_CASE("whoever asks a helper that has died is told", "[handover]") {
  const NetworkNamespace host;
  Helper helper = start_helper(host);
  ::kill(helper.pid(), SIGKILL);
  const auto first = helper.check({853});
  REQUIRE_FALSE(first);
  CHECK(first.error().context.find("the handover helper") == 0);
  const auto second = helper.check({853});
  REQUIRE_FALSE(second);
  CHECK(second.error().context == "the handover helper is gone");
  CHECK_FALSE(Helper::start("/nonexistent/mooring-handover"));
}
