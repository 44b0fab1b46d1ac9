// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/control/frame.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <string>

#include "server/control/channel.hpp"

using namespace mooring::server;

namespace {

std::string text_of(const Frame& frame) {
  return {reinterpret_cast<const char*>(frame.body.view().data()), frame.body.size()};
}

OutFrame frame_of(std::uint8_t type, const std::string& text) {
  OutFrame out{type, *SecretArena().take(text.size()), {}};
  std::memcpy(out.body.data(), text.data(), text.size());
  return out;
}

/// Puts octets in one by one; the first frame, or why there is none.
Result<std::optional<Frame>> read(FrameReader& reader, const std::string& octets) {
  for (const char octet : octets) {
    reader.space().front() = static_cast<std::byte>(octet);
    if (auto filled = reader.filled(1, {}); !filled) return tl::make_unexpected(filled.error());
    if (auto frame = reader.take()) return frame;
  }
  return std::nullopt;
}

struct Ends {
  Ends() {
    std::array<int, 2> fds{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, fds.data()) == 0);
    near.emplace(OwnedFd(fds[0]));
    far.emplace(OwnedFd(fds[1]));
  }
  std::optional<Channel> near;
  std::optional<Channel> far;
};

}  // namespace

TEST_CASE("a frame is read octet by octet", "[control]") {
  FrameReader reader;
  const auto frame = read(reader, std::string("MF\x07\0\0\0\0\x05hello", 13));
  REQUIRE((frame && *frame));
  CHECK((**frame).type == 7);
  CHECK(text_of(**frame) == "hello");
  const auto empty = read(reader, std::string("MF\x08\0\0\0\0\0", 8));
  REQUIRE((empty && *empty));
  CHECK((**empty).body.empty());
}

TEST_CASE("what is no frame is refused with its header", "[control]") {
  const auto wrong = GENERATE(as<std::string>{}, std::string("XF\x07\0\0\0\0\x05", 8),
                              std::string("MF\x07\0\xff\0\0\0", 8),
                              std::string("MF\x07\xff\0\0\0\x05", 8), "{\"v\":1}\n");
  FrameReader reader;
  CHECK_FALSE(read(reader, wrong));
}

TEST_CASE("a frame without the descriptors that it announces is refused", "[control]") {
  FrameReader reader;
  CHECK_FALSE(read(reader, std::string("MF\x07\x01\0\0\0\x01x", 9)));
}

TEST_CASE("frames with descriptors arrive as they were sent, also large ones", "[control]") {
  Ends ends;
  const std::string large(1U << 20U, 'x');
  std::array<int, 2> pipe{};
  REQUIRE(::pipe(pipe.data()) == 0);
  OutFrame with = frame_of(1, "one");
  with.descriptors = {pipe[1]};
  REQUIRE(ends.near->send(std::move(with)));
  REQUIRE(ends.near->send(frame_of(2, large)));
  CHECK(ends.near->sending());
  const auto first = ends.far->receive();
  REQUIRE((first && *first));
  REQUIRE((**first).descriptors.size() == 1);
  CHECK(::write((**first).descriptors.front().get(), "!", 1) == 1);
  char octet = 0;
  CHECK((::read(pipe[0], &octet, 1) == 1 && octet == '!'));
  std::optional<Frame> second;
  for (int i = 0; i < 1000 && !second; ++i) {
    auto some = ends.far->receive();
    REQUIRE(some);
    second = std::move(*some);
    REQUIRE(ends.near->flush());
  }
  REQUIRE(second);
  CHECK(text_of(*second) == large);
  ::close(pipe[0]);
  ::close(pipe[1]);
}

TEST_CASE("what was sent before an end arrives, and what comes after it cannot be sent",
          "[control]") {
  Ends ends;
  REQUIRE(ends.near->send(frame_of(3, "last words")));
  ends.far->stop_receiving();
  CHECK_FALSE(ends.near->send(frame_of(4, "too late")));
  const auto frame = ends.far->receive();
  REQUIRE((frame && *frame));
  CHECK(text_of(**frame) == "last words");
  CHECK_FALSE(ends.far->receive());
  CHECK(ends.far->ended());
}
