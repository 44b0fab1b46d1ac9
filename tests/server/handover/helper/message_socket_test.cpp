// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/handover/helper/message_socket.hpp"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <thread>

#include "server/base/octets.hpp"
#include "server/handover/helper/request.hpp"

using namespace mooring::server;

namespace {

std::size_t open_descriptors() {
  std::size_t count = 0;
  for (int fd = 0; fd < 256; ++fd) {
    if (fcntl(fd, F_GETFD) >= 0) ++count;
  }
  return count;
}

/// Octets and descriptors as they are, beside the rules.
void send_raw(int socket, ByteView octets, const std::vector<int>& descriptors) {
  alignas(cmsghdr) std::array<char, 256> control{};
  iovec part{const_cast<std::byte*>(octets.data()), octets.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = CMSG_SPACE(descriptors.size() * sizeof(int));
  cmsghdr* rights = CMSG_FIRSTHDR(&header);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
  std::memcpy(CMSG_DATA(rights), descriptors.data(), descriptors.size() * sizeof(int));
  REQUIRE(sendmsg(socket, &header, 0) == static_cast<ssize_t>(octets.size()));
}

std::vector<std::byte> length(std::uint32_t value) {
  OctetWriter writer;
  writer.number(value);
  return std::move(writer).take();
}

}  // namespace

TEST_CASE("a message comes with the descriptor that was sent with it", "[handover]") {
  auto [left, right] = MessageSocket::pair().value();
  const OwnedFd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const std::vector<std::byte> octets(100, std::byte{5});
  REQUIRE(left.send(octets, file.get()));
  REQUIRE(left.send({}, -1));
  const auto first = right.receive();
  REQUIRE(first);
  CHECK(first->octets == octets);
  struct stat sent {};
  struct stat came {};
  REQUIRE(fstat(file.get(), &sent) == 0);
  REQUIRE(fstat(first->descriptor.get(), &came) == 0);
  CHECK(sent.st_rdev == came.st_rdev);
  CHECK((fcntl(first->descriptor.get(), F_GETFD) & FD_CLOEXEC) != 0);
  const auto second = right.receive();
  REQUIRE(second);
  CHECK(second->octets.empty());
  CHECK(second->descriptor.get() == -1);
}

TEST_CASE("a message that the socket does not take at once comes whole", "[handover]") {
  auto [left, right] = MessageSocket::pair().value();
  const std::vector<std::byte> octets(kMostHelperMessage, std::byte{5});
  std::thread sender([&socket = left, &octets] { CHECK(socket.send(octets, 0)); });
  const auto came = right.receive();
  sender.join();
  REQUIRE(came);
  CHECK(came->octets == octets);
  CHECK(came->descriptor.get() >= 0);
}

TEST_CASE("a message that is too long, or has two descriptors, is refused", "[handover]") {
  const auto before = open_descriptors();
  {
    auto [left, right] = MessageSocket::pair().value();
    SECTION("too long") {
      send_raw(left.descriptor(), length(kMostHelperMessage + 1), {0});
    }
    SECTION("two at once") {
      send_raw(left.descriptor(), length(0), {0, 1});
    }
    SECTION("one after the other") {
      send_raw(left.descriptor(), length(1), {0});
      send_raw(left.descriptor(), std::vector(1, std::byte{}), {0});
    }
    CHECK_FALSE(right.receive());
  }
  CHECK(open_descriptors() == before);
}

TEST_CASE("a message that ends in its middle is none", "[handover]") {
  auto ends = MessageSocket::pair().value();
  send_raw(ends.first.descriptor(), length(10), {0});
  { const MessageSocket gone = std::move(ends.first); }
  const auto came = ends.second.receive();
  REQUIRE_FALSE(came);
  CHECK(came.error().system == ECONNRESET);
}

TEST_CASE("nobody waits for a message longer than he said", "[handover]") {
  auto [left, right] = MessageSocket::pair().value();
  REQUIRE(right.wait_at_most(Milliseconds(1)));
  const auto came = right.receive();
  REQUIRE_FALSE(came);
  CHECK(came.error().system == EAGAIN);
}
