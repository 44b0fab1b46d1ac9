// SPDX-License-Identifier: GPL-3.0-or-later
//
// Streams, listeners and timers of libuv over real sockets of the loopback interface.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "server/io/inbox.hpp"
#include "server/io/listening_sockets.hpp"
#include "server/io/uv/make_loop.hpp"

using namespace mooring::server;
using namespace std::chrono_literals;

namespace {

using Octets = std::vector<std::byte>;

/// Octets no two of which near each other are alike.
Octets pattern(std::size_t size) {
  Octets out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::byte>((i * 7 + i / 251) & 255U);
  return out;
}

/// Keeps what a stream tells, and ends the loop's run when there is what the test waits for.
struct Owner final : StreamOwner {
  explicit Owner(Loop& on) : loop(on) {}
  void on_connected() override { note(connected); }
  void on_read(ByteView octets) override {
    read.insert(read.end(), octets.begin(), octets.end());
    if (read.size() >= awaited) loop.stop();
  }
  void on_finished() override { note(finished); }
  void on_broken(const Error& why) override {
    broken = why;
    loop.stop();
  }
  void on_written() override { note(written); }
  void note(bool& what) {
    what = true;
    loop.stop();
  }

  Loop& loop;
  std::size_t awaited = 1;
  Octets read;
  bool connected = false;
  bool finished = false;
  bool written = false;
  std::optional<Error> broken;
};

/// A listener, and a socket of the test's own at the other end of each stream.
struct Network {
  Network() {
    std::signal(SIGPIPE, SIG_IGN);  // as every program with streams does
    auto bound = bind_sockets(*Endpoint::parse("127.0.0.1:0"), 1);
    at = bound->bound;
    start(std::move(bound->sockets[0]));
  }
  void start(OwnedFd socket) {
    listener = std::move(*loop->listen(std::move(socket), 8, [this](auto accepted) {
      if (accepted) stream = std::move(*accepted);
      loop->stop();
    }));
  }
  /// A blocking socket that is connected to the listener, and its stream.
  OwnedFd connect() {
    sockaddr_storage address{};
    const unsigned length = at.to(address);
    OwnedFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), length) == 0);
    return fd;
  }
  OwnedFd accept() {
    OwnedFd fd = connect();
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

  std::unique_ptr<Loop> loop = make_uv_loop();
  Endpoint at;
  std::unique_ptr<Listener> listener;
  std::unique_ptr<Stream> stream;
};

void send_all(const OwnedFd& fd, ByteView octets) {
  REQUIRE(::send(fd.get(), octets.data(), octets.size(), 0) == static_cast<ssize_t>(octets.size()));
}

Octets receive(const OwnedFd& fd, std::size_t size) {
  Octets out(size);
  const ssize_t got = ::recv(fd.get(), out.data(), size, MSG_WAITALL);
  out.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return out;
}

/// Closes so that the peer is sent a reset.
void reset(OwnedFd fd) {
  const linger at_once{1, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

/// No descriptor can be had while this lives.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit now = before_;
    // The lowest free one is the first that is refused.
    const OwnedFd lowest(::dup(0));
    now.rlim_cur = static_cast<rlim_t>(lowest.get());
    ::setrlimit(RLIMIT_NOFILE, &now);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

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

TEST_CASE("a listener turns clients away without descriptors, and goes on", "[io]") {
  Network network;
  const OwnedFd far = network.connect();
  {
    const NoDescriptors none;
    network.turn();
  }
  CHECK_FALSE(network.stream);
  CHECK(receive(far, 1).empty());
  const OwnedFd second = network.accept();
  CHECK(network.stream);
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

TEST_CASE("a listener that cannot listen says why", "[io]") {
  const auto loop = make_uv_loop();
  const auto [fd, error] = GENERATE(table<int, int>({
      {-1, EBADF},
      {::open("/dev/null", O_RDWR | O_CLOEXEC), ENOTSOCK},
  }));
  const auto listener = loop->listen(OwnedFd(fd), 1, [](auto) {});
  REQUIRE_FALSE(listener);
  CHECK(listener.error().system == error);
}

TEST_CASE("no loop is made without memory for it", "[io]") {
  const auto none = [](std::size_t) -> void* { return nullptr; };
  REQUIRE(uv_replace_allocator(
              none, [](void*, std::size_t) -> void* { return nullptr; },
              [](std::size_t, std::size_t) -> void* { return nullptr; }, [](void*) {}) == 0);
  CHECK_THROWS_WITH(make_uv_loop(), "no event loop");
  uv_replace_allocator(std::malloc, std::realloc, std::calloc, std::free);
  CHECK_NOTHROW(make_uv_loop());
}

TEST_CASE("messages arrive in order, and timers are due in theirs", "[io]") {
  const auto loop = make_uv_loop();
  std::vector<int> messages;
  std::vector<int> fired;
  // In which order messages and timers come is nobody's promise.
  const auto note = [&](std::vector<int>& where, int what) {
    where.push_back(what);
    if (messages.size() + fired.size() == 4) loop->stop();
  };
  Inbox<int> inbox(*loop, [&](int&& message) { note(messages, message); });
  inbox.post(1);
  inbox.post(2);
  const auto late = loop->make_timer([&] { note(fired, 2); });
  const auto early = loop->make_timer([&] { note(fired, 1); });
  const auto never = loop->make_timer([&] { note(fired, 3); });
  late->set(loop->now() + 2ms);
  early->set(loop->now() + 50s);
  early->set_earlier(loop->now() + 1ms);
  early->set_earlier(loop->now() + 60s);
  never->set(loop->now());
  never->clear();
  loop->run();
  CHECK(messages == std::vector{1, 2});
  CHECK(fired == std::vector{1, 2});
}
