// SPDX-License-Identifier: GPL-3.0-or-later
//
// Listeners over real sockets of the loopback interface.
#include <fcntl.h>

#include <catch2/catch.hpp>
#include <cerrno>

#include "support/loopback.hpp"

using namespace mooring::server;
using namespace mooring::test;

TEST_CASE("a listener turns clients away without descriptors, and goes on", "[io]") {
  Network network;
  const OwnedFd far = network.connect();
  {
    const NoDescriptors none;
    network.turn();
  }
  CHECK_FALSE(network.stream);
  CHECK(receive(far, 1).empty());
  const OwnedFd second = network.accept();
  CHECK(network.stream);
}

TEST_CASE("a listener that cannot listen says why", "[io]") {
  const auto loop = make_uv_loop();
  const auto [fd, error] = GENERATE(table<int, int>({
      {-1, EBADF},
      {::open("/dev/null", O_RDWR | O_CLOEXEC), ENOTSOCK},
  }));
  const auto listener = loop->listen(OwnedFd(fd), 1, [](auto) {});
  REQUIRE_FALSE(listener);
  CHECK(listener.error().system == error);
}
