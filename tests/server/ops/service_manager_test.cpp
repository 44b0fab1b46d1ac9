// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

#include "server/base/owned_fd.hpp"
#include "support/temp_dir.hpp"

using namespace mooring::server;
using namespace mooring::test;

TEST_CASE("the service manager is told at a path or at an abstract name", "[server]") {
  const TempDir files;
  const bool abstract = GENERATE(false, true);
  const std::string name = (abstract ? "@mooring" : "") + files.path("notify");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, name.data(), name.size());
  if (abstract) address.sun_path[0] = '\0';
  const OwnedFd manager(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  REQUIRE(::bind(manager.get(), reinterpret_cast<const sockaddr*>(&address),
                 static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size())) == 0);
  ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
  tell_service_manager("READY=1\nMAINPID=4711");
  ::unsetenv("NOTIFY_SOCKET");
  tell_service_manager("STOPPING=1");
  std::array<char, 64> octets{};
  const ssize_t size = ::recv(manager.get(), octets.data(), octets.size(), MSG_DONTWAIT);
  REQUIRE(size > 0);
  CHECK(std::string(octets.data(), static_cast<std::size_t>(size)) == "READY=1\nMAINPID=4711");
  CHECK(::recv(manager.get(), octets.data(), octets.size(), MSG_DONTWAIT) < 0);
}
