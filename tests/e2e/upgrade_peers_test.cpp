// SPDX-License-Identifier: GPL-3.0-or-later
//
// Who else has to do with an upgrade: the service manager, programs of another version, and
// processes at the control socket that do not behave.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "e2e/upgraded_server.hpp"
#include "support/openssl_dot_client.hpp"
#include "support/tcp_upstream.hpp"

using namespace mooring::test;
using namespace std::chrono_literals;

namespace {

/// A UNIX socket of this kind, connected or bound.
int unix_socket(int type, const std::string& path, decltype(::connect)* how) {
  const int fd = ::socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  REQUIRE(how(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  const timeval wait{5, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  return fd;
}

std::string receive(int fd) {
  std::array<char, 4096> octets{};
  const ssize_t size = ::recv(fd, octets.data(), octets.size(), 0);
  return {octets.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
}

/// A process at the control socket; what it is answered to its first line.
struct Stranger {
  explicit Stranger(const UpgradedServer& server, const std::string& line)
      : fd(unix_socket(SOCK_STREAM, server.socket(), ::connect)) {
    CHECK(::send(fd, line.data(), line.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(line.size()));
    answer = receive(fd);
  }
  ~Stranger() { ::close(fd); }
  Stranger(const Stranger&) = delete;
  Stranger& operator=(const Stranger&) = delete;

  int fd;
  std::string answer;
};

constexpr const char* kTakeOver = "{\"v\":1,\"command\":\"take_over\",\"protocol\":1}\n";

}  // namespace

TEST_CASE("the service manager hears which process is the main one", "[e2e]") {
  TcpUpstream upstream(TcpUpstream::answer);
  const TempDir files;
  const int manager = unix_socket(SOCK_DGRAM, files.path("notify"), ::bind);
  ::setenv("NOTIFY_SOCKET", files.path("notify").c_str(), 1);
  UpgradedServer server(upstream.port());
  ::unsetenv("NOTIFY_SOCKET");
  CHECK(receive(manager) == "READY=1");
  REQUIRE(server.upgrade().status == 0);
  CHECK(receive(manager) == "MAINPID=" + std::to_string(server.pid()));
  CHECK(receive(manager) == "READY=1");
  server.signal(SIGTERM);
  CHECK(receive(manager) == "STOPPING=1");
  ::close(manager);
}

TEST_CASE("a program that hands over in another way is refused before anything moves", "[e2e]") {
  TcpUpstream upstream(TcpUpstream::answer);
  UpgradedServer server(upstream.port());
  OpensslDotClient client(server.port());
  const Stranger older(
      server, "{\"v\":1,\"command\":\"take_over\",\"protocol\":9,\"program\":\"0.0.9\"}\n");
  CHECK_THAT(older.answer, Catch::Contains("version 0.0.9 hands over by protocol 9"));
  const Stranger nobody(server, "{\"v\":1,\"command\":\"take_over\"}\n");
  CHECK_THAT(nobody.answer, Catch::Contains("a program of no version hands over by protocol 0"));
  const Stranger later(server, "{\"v\":1,\"command\":\"take_over\",\"protocol\":65536}\n");
  CHECK_THAT(later.answer, Catch::Contains("there is no such protocol"));
  CHECK(gets_an_answer(client, 1));
  CHECK(server.log().find("state=handing_over") == std::string::npos);
}

TEST_CASE("a successor that goes away, talks nonsense or half a message changes nothing", "[e2e]") {
  const std::string says =
      GENERATE(as<std::string>{}, "", "nonsense, and more of it", std::string("MF\x0a\0\0\0", 6));
  TcpUpstream upstream(TcpUpstream::answer);
  UpgradedServer server(upstream.port());
  OpensslDotClient client(server.port());
  {
    const Stranger stranger(server, kTakeOver);
    CHECK_THAT(stranger.answer, Catch::StartsWith("{\"v\":1}\n"));
    // Only one at a time.
    const Stranger second(server, kTakeOver);
    CHECK_THAT(second.answer, Catch::Contains("an upgrade is under way"));
    CHECK(::send(stranger.fd, says.data(), says.size(), MSG_NOSIGNAL) >= 0);
  }
  CHECK(server.logs("event=upgrade result=failed "));
  CHECK(gets_an_answer(client, 1));
  OpensslDotClient later(server.port());
  CHECK(gets_an_answer(later, 2));
  const auto told = server.upgrade();
  INFO(told.said << server.log());
  CHECK(told.status == 0);
  CHECK(gets_an_answer(client, 3));
}
