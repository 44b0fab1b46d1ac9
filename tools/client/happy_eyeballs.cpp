// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/client/happy_eyeballs.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace mooring::tools {

namespace {

constexpr std::chrono::milliseconds kAttemptDelay{250};

class SystemNetwork final : public RaceNetwork {
 public:
  tl::expected<int, int> begin(const SocketAddress& address) override {
    const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return tl::make_unexpected(errno);
    const auto* to = reinterpret_cast<const sockaddr*>(&address.storage);
    if (::connect(fd, to, address.size) == 0 || errno == EINPROGRESS) return fd;
    const int error = errno;
    ::close(fd);
    return tl::make_unexpected(error);
  }

  std::vector<Done> wait(const std::vector<int>& sockets, Deadline until) override {
    std::vector<pollfd> waiting;
    for (const int fd : sockets) waiting.push_back({fd, POLLOUT, 0});
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now()).count();
    const auto milliseconds = std::clamp<std::int64_t>(left, 0, 3'600'000);
    std::vector<Done> done;
    if (::poll(waiting.data(), waiting.size(), static_cast<int>(milliseconds)) <= 0) return done;
    for (const pollfd& one : waiting) {
      if (one.revents == 0) continue;
      int error = 0;
      socklen_t size = sizeof error;
      if (::getsockopt(one.fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
      done.push_back({one.fd, error});
    }
    return done;
  }

  void close(int socket) override { ::close(socket); }
  Deadline now() override { return std::chrono::steady_clock::now(); }
};

/// The attempts of one race.
class Race {
 public:
  Race(const std::vector<SocketAddress>& addresses, Deadline deadline, RaceNetwork& network)
      : addresses_(addresses), deadline_(deadline), network_(network), next_at_(network.now()) {}

  tl::expected<RaceWinner, std::vector<RaceLoss>> run() {
    while (!over()) {
      if (is_time_for_next()) {
        begin_next();
        continue;
      }
      const auto until = next_ < addresses_.size() ? std::min(next_at_, deadline_) : deadline_;
      std::vector<int> sockets;
      for (const RaceWinner& attempt : attempts_) sockets.push_back(attempt.socket);
      for (const auto& [socket, error] : network_.wait(sockets, until)) {
        const RaceWinner attempt = take(socket);
        if (error == 0) {
          close_all();
          return attempt;
        }
        lose(attempt, error);
      }
    }
    while (!attempts_.empty()) lose(take(attempts_.front().socket), ETIMEDOUT);
    return tl::make_unexpected(std::move(losses_));
  }

 private:
  [[nodiscard]] bool over() {
    const bool all_failed = attempts_.empty() && next_ == addresses_.size();
    return all_failed || network_.now() >= deadline_;
  }

  [[nodiscard]] bool is_time_for_next() {
    return next_ < addresses_.size() && (attempts_.empty() || network_.now() >= next_at_);
  }

  void begin_next() {
    const std::size_t place = next_++;
    const auto socket = network_.begin(addresses_[place]);
    if (!socket) {
      losses_.push_back({place, socket.error()});
      return;
    }
    attempts_.push_back({*socket, place});
    next_at_ = network_.now() + kAttemptDelay;
  }

  RaceWinner take(int socket) {
    const auto found = std::ranges::find(attempts_, socket, &RaceWinner::socket);
    const RaceWinner attempt = *found;
    attempts_.erase(found);
    return attempt;
  }

  void lose(const RaceWinner& attempt, int error) {
    network_.close(attempt.socket);
    losses_.push_back({attempt.address, error});
    next_at_ = network_.now();
  }

  void close_all() {
    for (const RaceWinner& attempt : attempts_) network_.close(attempt.socket);
  }

  const std::vector<SocketAddress>& addresses_;
  Deadline deadline_;
  RaceNetwork& network_;
  Deadline next_at_;
  std::size_t next_ = 0;
  std::vector<RaceWinner> attempts_;
  std::vector<RaceLoss> losses_;
};

}  // namespace

std::string SocketAddress::text() const {
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  ::getnameinfo(reinterpret_cast<const sockaddr*>(&storage), size, host.data(), host.size(),
                port.data(), port.size(), NI_NUMERICHOST | NI_NUMERICSERV);
  const std::string name = host.data();
  return (family() == AF_INET6 ? "[" + name + "]" : name) + ":" + port.data();
}

std::vector<SocketAddress> interleaved(const std::vector<SocketAddress>& addresses) {
  if (addresses.empty()) return {};
  std::vector<SocketAddress> turns[2];
  for (const SocketAddress& address : addresses) {
    turns[address.family() == addresses.front().family() ? 0 : 1].push_back(address);
  }
  std::vector<SocketAddress> out;
  for (std::size_t i = 0; out.size() < addresses.size(); ++i) {
    for (const auto& turn : turns) {
      if (i < turn.size()) out.push_back(turn[i]);
    }
  }
  return out;
}

tl::expected<RaceWinner, std::vector<RaceLoss>> race(const std::vector<SocketAddress>& addresses,
                                                     Deadline deadline, RaceNetwork& network) {
  return Race(addresses, deadline, network).run();
}

RaceNetwork& system_network() {
  static SystemNetwork network;
  return network;
}

}  // namespace mooring::tools
