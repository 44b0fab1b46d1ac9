// SPDX-License-Identifier: GPL-3.0-or-later
//
// Connections that are given away by one stream and taken up by another.
#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cerrno>

#include "support/loopback.hpp"

using namespace mooring::server;
using namespace mooring::test;

TEST_CASE("what is no connection is not adopted", "[io]") {
  const auto loop = make_uv_loop();
  const auto [fd, error] = GENERATE(table<int, int>({
      {-1, EBADF},
      {::open("/dev/null", O_RDWR | O_CLOEXEC), ENOTSOCK},
      {::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), ENOTCONN},
  }));
  StreamState state{OwnedFd(fd), pattern(3), pattern(4), false};
  const auto adopted = loop->adopt(state);
  REQUIRE_FALSE(adopted);
  CHECK(adopted.error().system == error);
  CHECK(state.descriptor.get() == fd);
  CHECK(state.unread == pattern(3));
  CHECK(state.unwritten == pattern(4));
}

TEST_CASE("a conversation cut at any octet goes on elsewhere, with nothing lost or doubled",
          "[io]") {
  const Octets asked = pattern(200);
  for (std::size_t cut = 0; cut <= asked.size(); ++cut) {
    Network network;
    const OwnedFd far = network.accept();
    Owner before(*network.loop);
    network.stream->set_owner(before);
    const ByteView all(asked);
    if (cut > 0) {
      send_all(far, all.first(cut));
      before.awaited = cut;
      network.stream->set_reading(true);
      network.loop->run();
    }
    // On the way, or in the kernel, when the connection is given away.
    send_all(far, all.subspan(cut));
    auto state = network.stream->release();
    REQUIRE(state);
    network.stream.reset();
    // As an owner does with octets that it has taken and not used.
    state->unread.insert(state->unread.begin(), before.read.begin(), before.read.end());

    const auto loop = make_uv_loop();
    auto stream = loop->adopt(*state);
    REQUIRE(stream);
    Owner after(*loop);
    (*stream)->set_owner(after);
    (*stream)->set_reading(true);
    CHECK(after.read.empty());  // not from inside the call
    after.awaited = asked.size();
    loop->run();
    REQUIRE(after.read == asked);
    CHECK((*stream)->write(asked) == 0);
    REQUIRE(receive(far, asked.size()) == asked);
  }
}

TEST_CASE("unread octets that nobody asked for are given away again", "[io]") {
  Network network;
  const OwnedFd far = network.accept();
  auto state = network.stream->release();
  REQUIRE(state);
  state->unread = pattern(50);
  auto first = network.loop->adopt(*state);
  REQUIRE(first);
  Owner owner(*network.loop);
  (*first)->set_owner(owner);
  (*first)->set_reading(true);
  (*first)->set_reading(false);
  auto again = (*first)->release();
  REQUIRE(again);
  CHECK(again->unread == pattern(50));
  CHECK(owner.read.empty());
}

TEST_CASE("unwritten octets and the end move with the connection", "[io]") {
  Network network;
  const OwnedFd far = network.accept();
  Owner owner(*network.loop);
  network.stream->set_owner(owner);
  const Octets much = pattern(16U << 20U);
  const ByteView all(much);
  const std::size_t kept =
      network.stream->write(all.first(much.size() - 20)) + network.stream->write(all.last(20));
  const bool ends = GENERATE(false, true);
  if (ends) network.stream->shut_down();
  auto state = network.stream->release();
  REQUIRE(state);
  CHECK(state->unwritten.size() <= kept);
  CHECK(state->unwritten.size() > 20);
  CHECK(state->ends == ends);
  network.stream.reset();

  auto stream = network.loop->adopt(*state);
  REQUIRE(stream);
  (*stream)->set_owner(owner);
  Octets got;
  while (got.size() < much.size()) {
    Octets part(1U << 20U);
    const ssize_t count = ::recv(far.get(), part.data(), part.size(), MSG_DONTWAIT);
    if (count > 0) got.insert(got.end(), part.begin(), part.begin() + count);
    network.turn();
  }
  CHECK(got == much);
  while (!owner.written) network.loop->run();
  network.turn();
  Octets more(1);
  const ssize_t end = ::recv(far.get(), more.data(), 1, MSG_DONTWAIT);
  CHECK(end == (ends ? 0 : -1));
}
