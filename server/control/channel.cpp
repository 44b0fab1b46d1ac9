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

namespace mooring::server {

namespace {

/// For as many descriptors as a frame may have.
struct ControlBuffer {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kMostFrameDescriptors * sizeof(int))> octets{};
};

void put_descriptors(msghdr& message, ControlBuffer& buffer, const std::vector<int>& all) {
  const std::size_t size = all.size() * sizeof(int);
  message.msg_control = buffer.octets.data();
  message.msg_controllen = CMSG_SPACE(size);
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(size);
  std::memcpy(CMSG_DATA(header), all.data(), size);
}

std::vector<OwnedFd> take_descriptors(msghdr& message) {
  std::vector<OwnedFd> out;
  for (cmsghdr* one = CMSG_FIRSTHDR(&message); one != nullptr; one = CMSG_NXTHDR(&message, one)) {
    if (one->cmsg_level != SOL_SOCKET || one->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (one->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(one) + i * sizeof(int), sizeof(int));
      out.emplace_back(descriptor);
    }
  }
  return out;
}

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
      put_descriptors(message, control, kept.frame.descriptors);
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
  message.msg_control = control.octets.data();
  message.msg_controllen = control.octets.size();
  const ssize_t count = ::recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  ended_ = count == 0 || (count < 0 && errno == ECONNRESET);
  if (ended_) {
    return failure(reader_.in_the_middle() ? "it went away in the middle of a message"
                                           : "it went away");
  }
  if (count < 0) return system_error("receiving");
  auto descriptors = take_descriptors(message);
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
