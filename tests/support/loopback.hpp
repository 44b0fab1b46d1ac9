// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "server/io/listening_sockets.hpp"
#include "server/io/uv/make_loop.hpp"

namespace mooring::test {

using Octets = std::vector<std::byte>;

/// Octets no two of which near each other are alike.
inline Octets pattern(std::size_t size) {
  Octets out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::byte>((i * 7 + i / 251) & 255U);
  return out;
}

/// Keeps what a stream tells, and ends the loop's run when there is what the test waits for.
struct Owner final : server::StreamOwner {
  explicit Owner(server::Loop& on) : loop(on) {}
  void on_connected() override { note(connected); }
  void on_read(server::ByteView octets) override {
    read.insert(read.end(), octets.begin(), octets.end());
    if (read.size() >= awaited) loop.stop();
  }
  void on_finished() override { note(finished); }
  void on_broken(const server::Error& why) override {
    broken = why;
    loop.stop();
  }
  void on_written() override { note(written); }
  void note(bool& what) {
    what = true;
    loop.stop();
  }

  server::Loop& loop;
  std::size_t awaited = 1;
  Octets read;
  bool connected = false;
  bool finished = false;
  bool written = false;
  std::optional<server::Error> broken;
};

/// A listener, and a socket of the test's own at the other end of each stream.
struct Network {
  Network() {
    std::signal(SIGPIPE, SIG_IGN);  // as every program with streams does
    auto bound = server::bind_sockets(*server::Endpoint::parse("127.0.0.1:0"), 1);
    at = bound->bound;
    start(std::move(bound->sockets[0]));
  }
  void start(server::OwnedFd socket) {
    listener = std::move(*loop->listen(std::move(socket), 8, [this](auto accepted) {
      if (accepted) stream = std::move(*accepted);
      loop->stop();
    }));
  }
  /// A blocking socket that is connected to the listener, and its stream.
  server::OwnedFd connect() {
    sockaddr_storage address{};
    const unsigned length = at.to(address);
    server::OwnedFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), length) == 0);
    return fd;
  }
  server::OwnedFd accept() {
    server::OwnedFd fd = connect();
    loop->run();
    return fd;
  }
  /// One turn of the loop: what can be read or written at once is. No timer can promise that, as
  /// one that is due may stop the loop before it has looked at its descriptors.
  void turn() {
    const auto end = loop->make_wake_up([this] { loop->stop(); });
    end->wake();
    loop->run();
  }

  std::unique_ptr<server::Loop> loop = server::make_uv_loop();
  server::Endpoint at;
  std::unique_ptr<server::Listener> listener;
  std::unique_ptr<server::Stream> stream;
};

inline void send_all(const server::OwnedFd& fd, server::ByteView octets) {
  REQUIRE(::send(fd.get(), octets.data(), octets.size(), 0) == static_cast<ssize_t>(octets.size()));
}

inline Octets receive(const server::OwnedFd& fd, std::size_t size) {
  Octets out(size);
  const ssize_t got = ::recv(fd.get(), out.data(), size, MSG_WAITALL);
  out.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return out;
}

/// No descriptor can be had while this lives.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit now = before_;
    // The lowest free one is the first that is refused.
    const server::OwnedFd lowest(::dup(0));
    now.rlim_cur = static_cast<rlim_t>(lowest.get());
    ::setrlimit(RLIMIT_NOFILE, &now);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

}  // namespace mooring::test
