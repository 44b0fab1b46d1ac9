// SPDX-License-Identifier: GPL-3.0-or-later
//
// The predecessor's side, with the test as its successor.
#include "server/ops/handing_over.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <catch2/catch.hpp>

#include "support/fake_io.hpp"

using namespace mooring;
using namespace mooring::server;
using namespace mooring::test;
using namespace std::chrono_literals;

namespace {

OwnedFd some_descriptor() {
  return OwnedFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

Inheritance some_inheritance() {
  Inheritance out;
  out.listening.push_back({*Endpoint::parse("127.0.0.1:0"), *Endpoint::parse("127.0.0.1:853"), {}});
  for (int i = 0; i < 200; ++i) out.listening.front().sockets.push_back(some_descriptor());
  out.control = some_descriptor();
  out.revocation = OwnedFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  out.ticket_keys = tlsext::TicketKeySet::create()->rotated(2);
  out.until_rotation = 90s;
  out.certificates = {{"dot.example", "certificate", "key"}};
  out.counters = {{"queries.queries", 5'000'000'000}};
  out.sessions = 70'000;
  return out;
}

std::vector<Parcel> parcels(std::size_t count) {
  std::vector<Parcel> out;
  for (std::size_t i = 0; i < count; ++i) {
    out.push_back({*SecretArena().take(100), some_descriptor()});
  }
  return out;
}

struct Both {
  Both() {
    std::array<int, 2> fds{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, fds.data()) == 0);
    successor.emplace(OwnedFd(fds[1]));
    handing.emplace(loop, Channel(OwnedFd(fds[0])), some_inheritance(), 4711, service(),
                    HandingOver::Patience{});
  }
  HandingOver::Service service() {
    return {[this] { ++begun; },
            [] { return std::size_t{1}; },
            [this](const GiveOrder& order) { orders.push_back(order); },
            [this](std::size_t, std::vector<Parcel> some) { back += some.size(); },
            [] {
              return CounterTotals{{"queries.queries", 7}};
            },
            [](int) {},
            [this](const HandedOver& what) { done = what; },
            [this](const std::string& why) { failed = why; }};
  }
  /// The next message; some must be there.
  Frame next() {
    for (int i = 0; i < 100; ++i) {
      auto frame = successor->receive();
      REQUIRE(frame);
      if (*frame) return std::move(**frame);
      loop.turn();
    }
    FAIL("nothing was said");
    return {};
  }
  void say(OutFrame frame) {
    REQUIRE(successor->send(std::move(frame)));
    loop.turn();
  }
  Inheritance inherit() {
    InheritanceReader reader;
    while (true) {
      const auto complete = reader.add(next());
      REQUIRE(complete);
      if (*complete) return reader.take();
    }
  }
  /// Up to the first order.
  void begin() {
    revocation = inherit().revocation;
    say(message(TakeOverMessage::ready));
    CHECK(type_of(next()) == TakeOverMessage::begin);
    REQUIRE(orders.size() == 1);
  }
  /// What only asks whether the successor lives.
  void acknowledge_empty() {
    CHECK(type_of(next()) == TakeOverMessage::counters);
    const auto empty = sessions_in(next());
    REQUIRE(empty);
    CHECK(empty->parcels.empty());
    say(message(TakeOverMessage::taken, empty->number));
  }
  [[nodiscard]] bool revoked() const {
    eventfd_t value = 0;
    return ::eventfd_read(revocation.get(), &value) == 0;
  }
  static TakeOverMessage type_of(const Frame& frame) {
    return static_cast<TakeOverMessage>(frame.type);
  }

  FakeLoop loop;
  int begun = 0;
  std::vector<GiveOrder> orders;
  std::size_t back = 0;
  std::optional<HandedOver> done;
  std::optional<std::string> failed;
  OwnedFd revocation;
  std::optional<Channel> successor;
  std::optional<HandingOver> handing;
};

Remaining remaining(std::size_t quiet, std::size_t busy = 0) {
  Remaining out;
  out.quiet = quiet;
  out.busy = busy;
  return out;
}

}  // namespace

TEST_CASE("a successor gets all that is not a session", "[server]") {
  Both it;
  const Inheritance got = it.inherit();
  const Inheritance given = some_inheritance();
  REQUIRE(got.listening.size() == 1);
  CHECK(got.listening.front().configured == given.listening.front().configured);
  CHECK(got.listening.front().bound == given.listening.front().bound);
  CHECK(got.listening.front().sockets.size() == 200);
  CHECK(got.ticket_keys->keys().size() == 2);
  CHECK(got.until_rotation == 90s);
  CHECK(got.certificates == given.certificates);
  CHECK(got.counters == given.counters);
  CHECK(got.sessions == 70'000);
  CHECK(it.begun == 0);
}

TEST_CASE("sessions are the successor's once it has said so", "[server]") {
  Both it;
  it.begin();
  CHECK(it.begun == 1);
  CHECK(it.orders.front().which == GiveWhich::quiet);
  it.handing->on_given(0, parcels(3), remaining(0));
  CHECK(Both::type_of(it.next()) == TakeOverMessage::counters);
  auto batch = sessions_in(it.next());
  REQUIRE(batch);
  CHECK(batch->parcels.size() == 3);
  it.say(message(TakeOverMessage::taken, batch->number));
  CHECK(Both::type_of(it.next()) == TakeOverMessage::counters);
  CHECK(Both::type_of(it.next()) == TakeOverMessage::done);
  CHECK_FALSE(it.done);
  it.say(message(TakeOverMessage::taken, kEverything));
  it.loop.advance(1ms);
  REQUIRE(it.done);
  CHECK(it.done->sessions == 3);
  CHECK(it.done->pid == 4711);
  CHECK(it.back == 0);
}

TEST_CASE("sessions with queries in flight go after a while", "[server]") {
  Both it;
  it.begin();
  it.handing->on_given(0, {}, remaining(0, 1));
  it.loop.advance(240ms);
  for (const GiveOrder& order : it.orders) CHECK(order.which == GiveWhich::quiet);
  it.handing->on_given(0, {}, remaining(0, 1));
  it.loop.advance(20ms);
  CHECK(it.orders.back().which == GiveWhich::any);
}

TEST_CASE("what a successor that fails has not acknowledged goes back", "[server]") {
  const auto [how, why] = GENERATE(table<int, std::string>({{0, "it went away"},
                                                            {1, "says nothing"},
                                                            {2, "no message"},
                                                            {3, "it was not sent"},
                                                            {4, "out of place"},
                                                            {5, "in the middle of a message"}}));
  Both it;
  it.begin();
  it.handing->on_given(0, parcels(3), remaining(9));
  CHECK(Both::type_of(it.next()) == TakeOverMessage::counters);
  const auto first = sessions_in(it.next());
  REQUIRE(first);
  it.handing->on_given(0, parcels(2), remaining(7));
  // This acknowledgement counts, whatever comes after it.
  REQUIRE(it.successor->send(message(TakeOverMessage::taken, first->number)));
  const auto raw = [&](const std::string& octets) {
    CHECK(::send(it.successor->descriptor(), octets.data(), octets.size(), 0) > 0);
  };
  if (how == 0) it.successor.reset();
  if (how == 2) raw("nonsense, and more");
  if (how == 3) REQUIRE(it.successor->send(message(TakeOverMessage::taken, 77)));
  if (how == 4) REQUIRE(it.successor->send(message(TakeOverMessage::ready)));
  if (how == 5) raw(std::string("MF\x0e\0\0", 5));
  if (how == 5) it.successor.reset();
  it.loop.turn();
  it.loop.advance(how == 1 ? 6s : 1ms);
  REQUIRE(it.failed);
  CHECK_THAT(*it.failed, Catch::Contains(why));
  CHECK(it.back == 2);
  CHECK(it.revoked());
  // What a worker gives only now goes back as well.
  it.handing->on_given(0, parcels(4), remaining(0));
  CHECK(it.back == 6);
}

TEST_CASE("a successor that says nothing is noticed while only handshakes are left", "[server]") {
  const bool ever = GENERATE(false, true);
  Both it;
  it.begin();
  it.handing->on_given(0, {}, remaining(0, 1));
  for (int i = 0; ever && i < 3; ++i) {
    it.loop.advance(1s);
    it.acknowledge_empty();
  }
  CHECK_FALSE(it.failed);
  it.loop.advance(1s);
  it.loop.advance(5s);
  it.loop.advance(1ms);
  REQUIRE(it.failed);
  CHECK_THAT(*it.failed, Catch::Contains("says nothing"));
  CHECK(it.back == 0);
}

TEST_CASE("a successor that cannot go on says why", "[server]") {
  Both it;
  it.begin();
  it.say(message(TakeOverMessage::refused, std::as_bytes(std::span("no memory").first<9>())));
  it.loop.advance(1ms);
  REQUIRE(it.failed);
  CHECK_THAT(*it.failed, Catch::EndsWith("it cannot go on: no memory"));
}

TEST_CASE("a successor that cannot start says why, and one that says nothing is given up",
          "[server]") {
  const bool says = GENERATE(true, false);
  Both it;
  static_cast<void>(it.inherit());
  if (says) {
    it.say(message(TakeOverMessage::refused, std::as_bytes(std::span("no memory").first<9>())));
    it.loop.advance(1ms);
  } else {
    it.loop.advance(91s);
  }
  REQUIRE(it.failed);
  CHECK_THAT(*it.failed, Catch::EndsWith(says ? "it cannot start: no memory" : "says nothing"));
  CHECK(it.begun == 0);
}
