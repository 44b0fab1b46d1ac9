// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/control/control_socket.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>

#include "support/fake_io.hpp"
#include "support/temp_dir.hpp"

using namespace mooring::server;
using namespace mooring::test;
using namespace std::chrono_literals;

namespace {

struct Served {
  Served() {
    auto listening = listen_at(path);
    REQUIRE(listening);
    socket.emplace(
        loop, std::move(*listening),
        ControlSocket::Handlers{[this](Asked asked) {
                                  commands.push_back(asked.request.command);
                                  send_line(asked.connection, answer_line());
                                },
                                [this](const std::string& why) { refused.push_back(why); }});
  }
  /// What a process that sends this is answered.
  std::string ask(const std::string& octets) {
    auto client = connect_to(path);
    REQUIRE(client);
    CHECK(::send(client->get(), octets.data(), octets.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(octets.size()));
    for (int i = 0; i < 3; ++i) loop.turn();
    loop.advance(5s);
    std::array<char, 4096> answer{};
    const ssize_t size = ::recv(client->get(), answer.data(), answer.size(), MSG_DONTWAIT);
    return {answer.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
  }

  TempDir files;
  std::string path = files.path("control");
  FakeLoop loop;
  std::vector<std::string> commands;
  std::vector<std::string> refused;
  std::optional<ControlSocket> socket;
};

}  // namespace

TEST_CASE("a request is a line, and is answered by one", "[control]") {
  Served it;
  CHECK(it.ask(to_line({"upgrade", 0, {}, {}, {}})) == answer_line());
  CHECK(it.commands == std::vector<std::string>{"upgrade"});
  CHECK(it.refused.empty());
}

TEST_CASE("what is no request is refused in words", "[control]") {
  const auto [sent, why] = GENERATE(
      table<std::string, std::string>({{"nonsense\n", "no JSON object"},
                                       {"[1]\n", "no JSON object"},
                                       {"{\"v\":2,\"command\":\"upgrade\"}\n", "of version 1"},
                                       {"{\"v\":1}\n", "no command"},
                                       {"{\"v\":1,\"command\":7}\n", "no command"},
                                       {"{\"v\":1,\"command\":\"a\"}\n{", "more than a request"},
                                       {"{\"v\":1,", "no whole request"},
                                       {std::string(5000, 'x'), "no whole request"},
                                       {"", "no whole request"}}));
  Served it;
  const auto said = refusal_in(it.ask(sent));
  REQUIRE(said);
  CHECK_THAT(*said, Catch::Contains(why));
  CHECK(it.commands.empty());
  REQUIRE(it.refused.size() == 1);
  CHECK_THAT(it.refused.front(), Catch::Contains(why));
}

TEST_CASE("only so many may wait at a time", "[control]") {
  Served it;
  std::vector<OwnedFd> clients;
  for (int i = 0; i < 17; ++i) {
    clients.push_back(std::move(*connect_to(it.path)));
    it.loop.turn();
    it.loop.turn();
  }
  REQUIRE(it.refused.size() == 1);
  CHECK_THAT(it.refused.front(), Catch::Contains("too many"));
}

TEST_CASE("the socket's file is its owner's, and that of a dead process is replaced", "[control]") {
  const TempDir files;
  const std::string path = files.path("control");
  static_cast<void>(listen_at(path).value());
  const auto again = listen_at(path);
  REQUIRE(again);
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0600U);
  const auto third = listen_at(path);
  REQUIRE_FALSE(third);
  CHECK_THAT(third.error().context, Catch::EndsWith("another process answers there"));
}

TEST_CASE("a file that is no socket is left alone, and a long path is an error", "[control]") {
  const TempDir files;
  files.write("control", "precious");
  const auto refused = listen_at(files.path("control"));
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().context, Catch::EndsWith("is there, and is no socket"));
  CHECK_FALSE(listen_at(files.path(std::string(100, 'x'))));
}

TEST_CASE("another user's process is turned away without an answer", "[control]") {
  if (::geteuid() != 0) return;  // only root can be another user
  Served it;
  CHECK(::chmod(it.path.c_str(), 0666) == 0);
  CHECK(::chmod(it.files.path("").c_str(), 0755) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setuid(65534) != 0) ::_exit(2);
    const auto client = connect_to(it.path);
    ::_exit(client ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(status == 0);
  it.loop.turn();
  CHECK(it.commands.empty());
  REQUIRE(it.refused.size() == 1);
  CHECK_THAT(it.refused.front(),
             Catch::StartsWith("user 65534, process ") && Catch::EndsWith(" may not use it"));
}
