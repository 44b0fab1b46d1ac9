// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/handover/helper/message_socket.hpp"

#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "server/base/descriptor_passing.hpp"
#include "server/base/octets.hpp"
#include "server/handover/helper/request.hpp"

namespace mooring::server {

namespace {

constexpr std::size_t kLength = 4;

tl::unexpected<Error> broken(const char* what) {
  const int code = errno;
  return failure(std::string(what) + ": " + std::strerror(code), code);
}

using Control = DescriptorSpace<1>;

/// The descriptor that came with it, or none.
Result<OwnedFd> attached(msghdr& header) {
  // With the padding there is space for two.
  auto came = attached_descriptors(header);
  if (came.size() > 1) return failure("a message has more than one descriptor");
  if ((header.msg_flags & MSG_CTRUNC) != 0)
    return failure("descriptors were lost on their way: too many, or none left here");
  return came.empty() ? OwnedFd{} : std::move(came.front());
}

}  // namespace

Result<std::pair<MessageSocket, MessageSocket>> MessageSocket::pair() {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return broken("socketpair");
  return std::pair(MessageSocket(OwnedFd(ends[0])), MessageSocket(OwnedFd(ends[1])));
}

Result<void> MessageSocket::wait_at_most(Milliseconds time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
  const timeval value{seconds.count(), (time - seconds).count() * 1000};
  for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO}) {
    if (setsockopt(socket_.get(), SOL_SOCKET, option, &value, sizeof value) != 0)
      return broken("SO_RCVTIMEO");
  }
  return {};
}

Result<void> MessageSocket::send(ByteView octets, int descriptor) {
  OctetWriter writer;
  writer.field(octets);
  const auto message = std::move(writer).take();
  ByteView rest(message);
  while (!rest.empty()) {
    iovec part{const_cast<std::byte*>(rest.data()), rest.size()};  // only read from
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    Control control;
    if (descriptor >= 0) attach_descriptors(header, control.octets, {&descriptor, 1});
    const auto count = sendmsg(socket_.get(), &header, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return broken("sending");
    rest = rest.subspan(static_cast<std::size_t>(count));
    descriptor = -1;
  }
  return {};
}

Result<void> MessageSocket::receive_all(std::span<std::byte> place, OwnedFd& descriptor) {
  while (!place.empty()) {
    iovec part{place.data(), place.size()};
    Control control;
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    expect_descriptors(header, control.octets);
    const auto count = recvmsg(socket_.get(), &header, MSG_CMSG_CLOEXEC);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return broken("receiving");
    if (count == 0) return failure("the other end is gone", ECONNRESET);
    auto came = attached(header);
    if (!came) return tl::make_unexpected(came.error());
    if (came->get() >= 0 && descriptor.get() >= 0)
      return failure("a message has more than one descriptor");
    if (came->get() >= 0) descriptor = std::move(*came);
    place = place.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

Result<HelperMessage> MessageSocket::receive() {
  HelperMessage message;
  std::array<std::byte, kLength> length{};
  if (auto got = receive_all(length, message.descriptor); !got)
    return tl::make_unexpected(got.error());
  const auto size = OctetReader(length).number<std::uint32_t>();
  if (size > kMostHelperMessage) return failure("a message is too long");
  message.octets.resize(size);
  if (auto got = receive_all(message.octets, message.descriptor); !got)
    return tl::make_unexpected(got.error());
  return message;
}

}  // namespace mooring::server
