// SPDX-License-Identifier: GPL-3.0-or-later
//
// Streams of libuv over real sockets of the loopback interface.
#include <sys/socket.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>

#include "support/loopback.hpp"

using namespace mooring::server;
using namespace mooring::test;

namespace {

/// Closes so that the peer is sent a reset.
void reset(OwnedFd fd) {
  const linger at_once{1, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace

TEST_CASE("a stream carries octets both ways and tells the ends", "[io]") {
  Network network;
  const OwnedFd far = network.accept();
  REQUIRE(network.stream);
  Owner owner(*network.loop);
  network.stream->set_owner(owner);
  CHECK(network.stream->peer()->address == network.at.address);
  network.stream->set_reading(true);
  const Octets there = pattern(1000);
  const Octets back = pattern(777);
  send_all(far, there);
  owner.awaited = there.size();
  network.loop->run();
  CHECK(owner.read == there);
  CHECK(network.stream->write(back) == 0);
  CHECK(receive(far, back.size()) == back);
  ::shutdown(far.get(), SHUT_WR);
  network.loop->run();
  CHECK(owner.finished);
  network.stream->shut_down();
  network.stream.reset();
  CHECK(receive(far, 1).empty());
}

TEST_CASE("a peer that resets breaks the stream, also in the middle of a write", "[io]") {
  Network network;
  OwnedFd far = network.accept();
  Owner owner(*network.loop);
  network.stream->set_owner(owner);
  const bool half_written = GENERATE(false, true);
  INFO("half written: " << half_written);
  if (half_written) {
    const Octets much = pattern(64U << 20U);
    const std::size_t kept = network.stream->write(much);
    CHECK(kept > 0);
    CHECK(kept < much.size());
    CHECK(network.stream->waiting() <= kept);
    CHECK(network.stream->waiting() > 0);
  }
  CHECK(network.stream->writing() == half_written);
  reset(std::move(far));
  network.stream->set_reading(true);
  while (!owner.broken) network.loop->run();
  CHECK(owner.broken->system == ECONNRESET);
  CHECK(owner.broken->context == "connection reset by peer");
  CHECK(network.stream->write(pattern(10)) == 0);
  if (half_written) {
    // What waits is given up when the kernel refuses it.
    while (!owner.written) network.loop->run();
    CHECK_FALSE(network.stream->writing());
  }
}

TEST_CASE("what the kernel does not take is kept, and goes in order", "[io]") {
  Network network;
  const OwnedFd far = network.accept();
  Owner owner(*network.loop);
  network.stream->set_owner(owner);
  const Octets much = pattern(16U << 20U);
  const ByteView all(much);
  CHECK(network.stream->write(all.first(much.size() - 20)) > 0);
  CHECK(network.stream->write(all.last(20)) == 20);
  std::size_t at = 0;
  while (!owner.written || at < much.size()) {
    Octets part(1U << 20U);
    const ssize_t got = ::recv(far.get(), part.data(), part.size(), MSG_DONTWAIT);
    if (got > 0) {
      part.resize(static_cast<std::size_t>(got));
      REQUIRE(std::equal(part.begin(), part.end(), much.begin() + static_cast<std::ptrdiff_t>(at)));
      at += part.size();
    }
    network.turn();
  }
  CHECK(at == much.size());
  CHECK(network.stream->waiting() == 0);
}

TEST_CASE("a connection that nobody takes ends with the reason", "[io]") {
  const auto loop = make_uv_loop();
  const auto bound = bind_sockets(*Endpoint::parse("127.0.0.1:0"), 1);
  Owner owner(*loop);
  const auto stream = loop->connect(bound->bound, owner);
  REQUIRE(stream);
  loop->run();
  CHECK_FALSE(owner.connected);
  REQUIRE(owner.broken);
  CHECK(owner.broken->system == ECONNREFUSED);
  CHECK(owner.broken->context == "connection refused");
  // Not connected: there is nothing to give away.
  CHECK_FALSE((*stream)->release());
}

TEST_CASE("a stream is not made without descriptors, and is whole when it cannot be released",
          "[io]") {
  Network network;
  const OwnedFd far = network.accept();
  Owner owner(*network.loop);
  network.stream->set_owner(owner);
  {
    const NoDescriptors none;
    const auto refused = network.loop->connect(network.at, owner);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().system == EMFILE);
    const auto kept = network.stream->release();
    REQUIRE_FALSE(kept);
    CHECK(kept.error().system == EMFILE);
  }
  network.stream->set_reading(true);
  send_all(far, pattern(5));
  owner.awaited = 5;
  network.loop->run();
  CHECK(owner.read == pattern(5));
}
