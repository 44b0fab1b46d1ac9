// SPDX-License-Identifier: GPL-3.0-or-later
#include "e2e/take_over_relay.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace mooring::test {

namespace {

/// Passed on at a time.
constexpr std::size_t kPiece = 256;

int unix_socket(const std::string& path, decltype(::connect)* how) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (how(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error(path + ": " + std::strerror(errno));
  }
  return fd;
}

void close_descriptors(msghdr& message) {
  for (cmsghdr* one = CMSG_FIRSTHDR(&message); one != nullptr; one = CMSG_NXTHDR(&message, one)) {
    const std::size_t count = (one->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(one) + i * sizeof(int), sizeof(int));
      ::close(fd);
    }
  }
}

}  // namespace

std::size_t SpokenSoFar::most() const {
  if (in_line_) return 1;
  return body_ > 0 ? std::min(body_, kPiece) : header_.size() - have_;
}

void SpokenSoFar::add(const char* octets, std::size_t count) {
  if (in_line_) {
    in_line_ = octets[0] != '\n';
  } else if (body_ > 0) {
    body_ -= count;
  } else {
    std::copy_n(octets, count, header_.begin() + have_);
    have_ += count;
    if (have_ < header_.size()) return;
    have_ = 0;
    for (std::size_t i = 4; i < header_.size(); ++i) body_ = body_ << 8U | header_.at(i);
  }
}

TakeOverRelay::TakeOverRelay(const std::string& path, std::string to, std::size_t octets,
                             std::function<void()> then)
    : to_(std::move(to)), moment_(octets), then_(std::move(then)) {
  ::unlink(path.c_str());
  listener_ = unix_socket(path, ::bind);
  ::listen(listener_, 1);
  thread_ = std::thread([this] { run(); });
}

TakeOverRelay::~TakeOverRelay() {
  stopping_ = true;
  thread_.join();
  ::close(listener_);
}

void TakeOverRelay::run() {
  pollfd waiting{listener_, POLLIN, 0};
  while (::poll(&waiting, 1, 50) == 0 && !stopping_) {
  }
  if (stopping_) return;
  const int successor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  const int predecessor = unix_socket(to_, ::connect);
  std::array<SpokenSoFar, 2> spoken;
  std::array<pollfd, 2> both{{{successor, POLLIN, 0}, {predecessor, POLLIN, 0}}};
  // When one is gone, what it had said is still passed on.
  while (!stopping_ && (both[0].fd >= 0 || both[1].fd >= 0)) {
    if (::poll(both.data(), both.size(), 50) <= 0) continue;
    for (std::size_t i = 0; i < 2; ++i) {
      if (both[i].revents == 0) continue;
      const int to = i == 0 ? predecessor : successor;
      if (!pass(both[i].fd, to, spoken[i])) {
        ::shutdown(to, SHUT_WR);
        both[i].fd = -1;
      }
    }
  }
  ::close(successor);
  ::close(predecessor);
  over_ = true;
}

bool TakeOverRelay::pass(int from, int to, SpokenSoFar& spoken) {
  std::array<char, kPiece> octets;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(128 * sizeof(int))> control;
  iovec part{octets.data(), spoken.most()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t count = ::recvmsg(from, &message, MSG_CMSG_CLOEXEC);
  if (count <= 0) return false;
  part.iov_len = static_cast<std::size_t>(count);
  spoken.add(octets.data(), part.iov_len);
  const bool sent = ::sendmsg(to, &message, MSG_NOSIGNAL) == count;
  close_descriptors(message);
  octets_ += static_cast<std::size_t>(count);
  if (octets_ >= moment_ && !std::exchange(called_, true)) then_();
  return sent;
}

}  // namespace mooring::test
