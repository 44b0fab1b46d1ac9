// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/control/channel.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "server/base/descriptor_passing.hpp"

namespace mooring::server {

namespace {

using ControlBuffer = DescriptorSpace<kMostFrameDescriptors>;

tl::unexpected<Error> system_error(const char* what) {
  const int code = errno;
  return failure(std::string(what) + ": " + std::strerror(code), code);
}

}  // namespace

Channel::Channel(OwnedFd socket) : socket_(std::move(socket)) {
  ::fcntl(socket_.get(), F_SETFL, ::fcntl(socket_.get(), F_GETFL) | O_NONBLOCK);
}

Result<void> Channel::send(OutFrame frame) {
  const auto header = frame_header(frame.type, frame.body.size(), frame.descriptors.size());
  kept_.push_back({header, std::move(frame)});
  return flush();
}

Result<void> Channel::flush() {
  while (!kept_.empty()) {
    const auto gone = send_some(kept_.front());
    if (!gone) return tl::make_unexpected(gone.error());
    if (!*gone) return {};
    kept_.pop_front();
  }
  return {};
}

Result<bool> Channel::send_some(Kept& kept) const {
  const std::size_t whole = kFrameHeader + kept.frame.body.size();
  while (kept.sent < whole) {
    const std::size_t of_header = std::min(kept.sent, kFrameHeader);
    const std::size_t of_body = kept.sent - of_header;
    std::array<iovec, 2> parts{
        {{kept.header.data() + of_header, kFrameHeader - of_header},
         {kept.frame.body.data() + of_body, kept.frame.body.size() - of_body}}};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    ControlBuffer control;
    if (kept.sent == 0 && !kept.frame.descriptors.empty()) {
      attach_descriptors(message, control.octets, kept.frame.descriptors);
    }
    const ssize_t sent = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && (errno == EAGAIN)) return false;
    if (sent < 0) return system_error("sending");
    kept.sent += static_cast<std::size_t>(sent);
  }
  return true;
}

Result<std::optional<Frame>> Channel::receive() {
  while (true) {
    if (auto frame = reader_.take()) return frame;
    const auto some = read_some();
    if (!some) return tl::make_unexpected(some.error());
    if (!*some) return std::nullopt;
  }
}

Result<bool> Channel::read_some() {
  const auto space = reader_.space();
  iovec part{space.data(), space.size()};
  ControlBuffer control;
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  expect_descriptors(message, control.octets);
  const ssize_t count = ::recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  ended_ = count == 0 || (count < 0 && errno == ECONNRESET);
  if (ended_) {
    return failure(reader_.in_the_middle() ? "it went away in the middle of a message"
                                           : "it went away");
  }
  if (count < 0) return system_error("receiving");
  auto descriptors = attached_descriptors(message);
  if ((message.msg_flags & MSG_CTRUNC) != 0) {
    return failure("descriptors were lost on their way: too many, or none left here");
  }
  const auto filled = reader_.filled(static_cast<std::size_t>(count), std::move(descriptors));
  if (!filled) return tl::make_unexpected(filled.error());
  return true;
}

void Channel::stop_receiving() {
  ::shutdown(socket_.get(), SHUT_RD);
}

bool Channel::wait(Milliseconds most) const {
  pollfd one{socket_.get(), POLLIN, 0};
  return ::poll(&one, 1, static_cast<int>(most.count())) == 1;
}

}  // namespace mooring::server
