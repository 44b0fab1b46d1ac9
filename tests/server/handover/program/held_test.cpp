// SPDX-License-Identifier: GPL-3.0-or-later
// Connections that are held, given up, forwarded and forgotten; and those that cannot move.
#include <catch2/catch.hpp>

#include <fcntl.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "server/handover/helper/neighbour.hpp"
#include "server/handover/helper/request.hpp"
#include "support/move_scene.hpp"

using namespace mooring::server;
using namespace mooring::test;

namespace {

/// Carries until it is so, or for five seconds; whether it is.
bool comes_about(Cable& cable, const std::function<bool()>& so) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (!so() && std::chrono::steady_clock::now() < until) cable.carry();
  return so();
}

/// The client goes on talking, until somebody answers RST.
bool is_reset(MoveScene& scene, Conversation& talk) {
  return comes_about(scene.hosts.cable, [&] {
    const std::byte octet{};
    static_cast<void>(::send(talk.client.socket.get(), &octet, 1, MSG_NOSIGNAL));
    return scene.hosts.cable.resets() > 0;
  });
}

bool can_listen(const NetworkNamespace& host) {
  bool listens = false;
  host.run([&] {
    const OwnedFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_storage address{};
    const unsigned length = ThreeHosts::service(IpFamily::v4).to(address);
    listens = ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0 &&
              ::listen(socket.get(), 1) == 0;
  });
  return listens;
}

}  // namespace

TEST_CASE("a move that is given up leaves the conversation where it was", "[handover]") {
  MoveScene scene;
  Cable& cable = scene.hosts.cable;
  for (const IpFamily family : {IpFamily::v4, IpFamily::v6}) {
    Conversation talk(scene.hosts, family);
    REQUIRE(talk.settle(cable, 3000));
    for (int round = 1; round <= 20; ++round) {
      talk.client.write(talk.client.written() + 3000);
      talk.server.write(talk.server.written() + 30000);
      auto state = must(scene.front.dump(talk.server.socket.get()));
      cable.carry();  // to a connection that is held
      { const OwnedFd there = must(scene.backend.restore(std::move(state))); }
      must(scene.front.resume(talk.server.socket.get()));
      REQUIRE(talk.settle(cable, talk.server.written()));
    }
    CHECK(can_listen(scene.hosts.front));
  }
  CHECK(cable.resets() == 0);
  CHECK(scene.hosts.backend.tcp_counter("OutSegs") == 0);
}

TEST_CASE("a held connection takes nothing, sends nothing, and closes without a word",
          "[handover]") {
  MoveScene scene;
  Cable& cable = scene.hosts.cable;
  Conversation talk(scene.hosts, IpFamily::v4);
  REQUIRE(talk.settle(cable, 3000));
  static_cast<void>(must(scene.front.dump(talk.server.socket.get())));
  const auto sent = scene.hosts.front.tcp_counter("OutSegs");
  talk.client.write(4000);
  cable.carry();
  std::uint32_t came = 1;
  CHECK(ioctl(talk.server.socket.get(), FIONREAD, &came) == 0);
  CHECK(came == 0);
  talk.server.socket = OwnedFd{};
  cable.carry();
  CHECK(scene.hosts.front.tcp_counter("OutSegs") == sent);
  CHECK_NOTHROW(talk.client.read());
  // What would happen to every client if the rule were set too late.
  CHECK(is_reset(scene, talk));
  CHECK(scene.hosts.front.tcp_counter("OutRsts") > 0);
}

TEST_CASE("what was not sent is not sent however long a connection is held", "[handover]") {
  MoveScene scene;
  Cable& cable = scene.hosts.cable;
  Conversation talk(scene.hosts, IpFamily::v4);
  REQUIRE(talk.settle(cable, 3000));
  cable.hold();
  talk.server.write(200000);
  const auto unsent = [&] {
    int octets = 0;
    REQUIRE(ioctl(talk.server.socket.get(), SIOCOUTQNSD, &octets) == 0);
    return octets;
  };
  REQUIRE(unsent() > 0);
  static_cast<void>(must(scene.front.dump(talk.server.socket.get())));
  CHECK_FALSE(scene.front.dump(talk.server.socket.get()));  // is held already
  const int then = unsent();
  // The last of its timers has its turn when what was sent is sent again.
  const auto sent_again = [&] { return scene.hosts.front.tcp_counter("RetransSegs") > 0; };
  REQUIRE(comes_about(cable, sent_again));
  CHECK(unsent() == then);
  cable.release();
  CHECK(unsent() == then);
  must(scene.front.resume(talk.server.socket.get()));
  CHECK(talk.settle(cable, 200000));
}

TEST_CASE("a service is listened to again while connections live that came to it", "[handover]") {
  MoveScene scene;
  Conversation talk(scene.hosts, IpFamily::v4);
  scene.move(talk);
  CHECK(can_listen(scene.hosts.backend));
  scene.move_back(talk);
  CHECK(can_listen(scene.hosts.front));
  CHECK(talk.settle(scene.hosts.cable, 3000));
}

TEST_CASE("what is forwarded stays so when the helper is another one", "[handover]") {
  MoveScene scene;
  Conversation talk(scene.hosts, IpFamily::v4);
  scene.move(talk);
  REQUIRE(talk.settle(scene.hosts.cable, 3000));
  scene.front = start_helper(scene.hosts.front);
  REQUIRE(talk.settle(scene.hosts.cable, 6000));
  must(scene.front.use_interfaces("eth0", "eth0"));
  REQUIRE(talk.settle(scene.hosts.cable, 9000));
  scene.forward(talk);
  REQUIRE(talk.settle(scene.hosts.cable, 12000));
  must(scene.front.forget({MoveScene::ends(talk)}));
  CHECK(is_reset(scene, talk));
}

TEST_CASE("a connection is forwarded as was said last, and forgotten when its time is over",
          "[handover]") {
  MoveScene scene;
  Conversation talk(scene.hosts, IpFamily::v6);
  scene.move(talk);
  const Forward astray{MoveScene::ends(talk), {2, 0, 0, 0, 0, 1}, 60};
  const Forward right{MoveScene::ends(talk), scene.backend_mac, 60};
  must(scene.front.forward({astray}));
  must(scene.front.forward({right}));
  REQUIRE(talk.settle(scene.hosts.cable, 3000));
  must(scene.front.forward({right, astray, right}));
  REQUIRE(talk.settle(scene.hosts.cable, 6000));
  scene.forward(talk, 1);
  CHECK(is_reset(scene, talk));
}

TEST_CASE("many connections are forwarded and forgotten at a time", "[handover]") {
  MoveScene scene;
  std::vector<Forward> forwards;
  std::vector<TcpConnection> connections;
  for (std::uint16_t i = 0; i < kMostForwards; ++i) {
    const Endpoint client{*IpAddress::parse("203.0.113.9"), static_cast<std::uint16_t>(2000 + i)};
    connections.push_back({client, ThreeHosts::service(IpFamily::v4)});
    forwards.push_back({connections.back(), scene.backend_mac, 60});
  }
  for (int round = 0; round < 3; ++round) CHECK(scene.front.forward(forwards));
  for (int round = 0; round < 3; ++round) CHECK(scene.front.forget(connections));
  forwards.push_back(forwards.front());
  CHECK_FALSE(scene.front.forward(forwards));
  CHECK_FALSE(scene.backend.forward({forwards.front()}));  // has no interface
}

TEST_CASE("a connection that cannot move goes on as if nothing had been", "[handover]") {
  MoveScene scene;
  Cable& cable = scene.hosts.cable;
  Conversation talk(scene.hosts, IpFamily::v4);
  REQUIRE(talk.settle(cable, 3000));
  const int server = talk.server.socket.get();
  const auto refusal = [&](int fd) {
    const auto state = scene.front.dump(fd);
    return state ? std::string() : state.error().context;
  };
  SECTION("its client has ended") {
    ::shutdown(talk.client.socket.get(), SHUT_WR);
    std::byte octet{};
    REQUIRE(comes_about(cable, [&] { return ::recv(server, &octet, 1, 0) == 0; }));
    CHECK(refusal(server) == "the connection is beginning or ending");
    talk.server.write(6000);
    REQUIRE(comes_about(cable, [&] {
      talk.client.read();
      return talk.client.heard() == 6000;
    }));
  }
  SECTION("the server has ended") {
    ::shutdown(server, SHUT_WR);
    CHECK(refusal(server) == "the connection is beginning or ending");
    talk.client.write(6000);
    REQUIRE(comes_about(cable, [&] {
      talk.server.read();
      return talk.server.heard() == 6000;
    }));
  }
  SECTION("its client does not read") {
    const int large = 4 << 20;
    REQUIRE(setsockopt(server, SOL_SOCKET, SO_SNDBUFFORCE, &large, sizeof large) == 0);
    talk.server.write(3 << 20);
    CHECK(refusal(server) == "the connection has too much in its queues to be moved");
    REQUIRE(talk.settle(cable, talk.server.written()));
  }
  CHECK(cable.resets() == 0);
}

TEST_CASE("a host on the same segment is found, and no other", "[handover]") {
  const ThreeHosts hosts;
  MacAddress own{};
  hosts.backend.run([&] { own = must(find_interface("eth0")).mac; });
  hosts.front.run([&] {
    CHECK(mac_of(*IpAddress::parse("198.51.100.11")) == own);
    CHECK(mac_of(*IpAddress::parse("2001:db8::11")) == own);
    const auto interface = must(find_interface("eth0"));
    for (const char* host : {"198.51.100.99", "203.0.113.1", "2001:db8::99"}) {
      const auto found = find_neighbour(*IpAddress::parse(host), interface);
      REQUIRE_FALSE(found);
      CHECK(found.error().context.find(host) == 0);
    }
  });
}

TEST_CASE("what is no connection is refused", "[handover]") {
  MoveScene scene;
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  const OwnedFd out(ends[0]);
  const OwnedFd in(ends[1]);
  std::vector<OwnedFd> sockets;
  scene.hosts.front.run([&] {
    for (const int type : {SOCK_DGRAM, SOCK_STREAM})
      sockets.emplace_back(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
    sockets.emplace_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockets.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::listen(sockets.back().get(), 1) == 0);
  });
  for (const OwnedFd& socket : sockets) CHECK_FALSE(scene.front.dump(socket.get()));
  CHECK_FALSE(scene.front.dump(out.get()));
  CHECK_FALSE(scene.front.dump(-1));
  CHECK_FALSE(scene.front.resume(out.get()));
  CHECK_FALSE(scene.front.use_interfaces("nothing0", "eth0"));
  CHECK_FALSE(scene.front.use_interfaces("eth0", "lo"));
  CHECK(scene.front.check({853}));
}

TEST_CASE("a state with any bit changed makes a silent connection, or none", "[handover]") {
  MoveScene scene;
  Conversation talk(scene.hosts, GENERATE(IpFamily::v4, IpFamily::v6));
  REQUIRE(talk.settle(scene.hosts.cable, 3000));
  talk.client.write(3100);
  talk.server.write(9000);
  scene.hosts.cable.carry();
  const auto state = must(scene.front.dump(talk.server.socket.get()));
  std::size_t made = 0;
  for (std::size_t bit = 0; bit < 8 * 140; ++bit) {
    auto changed = state;
    changed.at(bit / 8) ^= static_cast<std::byte>(1U << bit % 8);
    if (scene.backend.restore(std::move(changed))) ++made;
  }
  CHECK(made > 0);
  CHECK(scene.hosts.backend.tcp_counter("OutSegs") == 0);
  CHECK(scene.backend.check({853}));
  must(scene.front.resume(talk.server.socket.get()));
  CHECK(talk.settle(scene.hosts.cable, 20000));
}
