// SPDX-License-Identifier: GPL-3.0-or-later
//
// How sessions end that are asleep.
#include <catch2/catch.hpp>

#include "support/dot_client.hpp"
#include "support/library_memory.hpp"

using namespace mooring;
using namespace mooring::server;
using namespace mooring::test;

namespace {

struct Sleeper {
  explicit Sleeper(tlsext::Version version = tlsext::Version::tls13)
      : worker(settings()), client(worker, version) {
    client.shake_hands();
    worker.pass_time(2s);
    must(client.sleeping != nullptr, "it does not sleep");
  }
  static SessionSettings settings() {
    SessionSettings out;
    out.sleep_after = 2s;
    return out;
  }
  [[nodiscard]] tlsext::SessionState seen_by_client() {
    (void)client.read();
    return client.tls().state();
  }

  WorkerFixture worker;
  DotClient client;
};

}  // namespace

TEST_CASE("the idle timeout goes on during sleep and ends with close_notify", "[sleep]") {
  Sleeper test(GENERATE(tlsext::Version::tls12, tlsext::Version::tls13));
  test.worker.pass_time(57'999ms);
  CHECK(test.client.sleeping);
  CHECK_FALSE(test.client.closed);
  CHECK(test.worker.group.next_deadline() == test.worker.now + 1ms);
  test.worker.pass_time(1ms);
  REQUIRE(test.client.closed);
  CHECK(test.client.mode == CloseMode::after_sending);
  CHECK(test.seen_by_client() == tlsext::SessionState::peer_closed);
  CHECK(test.worker.counters.connections.closed_idle.value() == 1);
  CHECK(test.worker.counters.connections.woken.value() == 1);
  CHECK(test.worker.group.size() == 0);
  CHECK_FALSE(test.client.misused);
}

TEST_CASE("octets that are no whole query wake, but do not prolong the idle time", "[sleep]") {
  Sleeper test;
  DotClient later(test.worker);
  later.shake_hands();
  test.worker.pass_time(30s);
  test.client.send(Octets{std::byte{0}}, SIZE_MAX);
  CHECK_FALSE(test.client.sleeping);
  test.worker.pass_time(27'999ms);
  CHECK_FALSE(test.client.closed);
  test.worker.pass_time(1ms);
  CHECK(test.client.closed);
  CHECK_FALSE(later.closed);
  test.worker.pass_time(2s);
  CHECK(later.closed);
}

TEST_CASE("at the end of service those asleep are told so", "[sleep]") {
  Sleeper test(GENERATE(tlsext::Version::tls12, tlsext::Version::tls13));
  DotClient awake(test.worker), asleep(test.worker);
  asleep.shake_hands();
  test.worker.pass_time(2s);
  awake.shake_hands();
  SECTION("when it ends by and by") {
    test.worker.group.begin_drain();
  }
  SECTION("when all is closed") {
    test.worker.group.close_all();
  }
  test.worker.turn();
  CHECK(test.client.closed);
  CHECK(awake.closed);
  CHECK(asleep.closed);
  CHECK(test.seen_by_client() == tlsext::SessionState::peer_closed);
  CHECK(test.worker.counters.connections.closed_drained.value() == 3);
  CHECK(test.worker.group.size() == 0);
}

TEST_CASE("a client that ends its stream is answered close_notify, and one that resets it is not",
          "[sleep]") {
  Sleeper test;
  const std::size_t writes = test.client.writes;
  SECTION("FIN") {
    test.client.sleeping->on_end(StreamEnd::finished);
    CHECK(test.client.mode == CloseMode::after_sending);
    CHECK(test.seen_by_client() == tlsext::SessionState::peer_closed);
  }
  SECTION("RST") {
    test.client.sleeping->on_end(StreamEnd::broken);
    CHECK(test.client.mode == CloseMode::at_once);
    CHECK(test.client.writes == writes);
  }
  CHECK(test.client.closed);
  CHECK(test.worker.counters.connections.closed_by_client.value() == 1);
  CHECK(test.worker.group.size() == 0);
  test.client.sleeping->on_end(StreamEnd::broken);
  CHECK_FALSE(test.client.misused);
}

TEST_CASE("close_notify from the client wakes and ends the session", "[sleep]") {
  Sleeper test;
  test.client.say_goodbye();
  test.worker.turn();
  CHECK(test.client.closed);
  CHECK(test.worker.counters.connections.closed_by_client.value() == 1);
}

TEST_CASE("without memory to wake with a session is closed and counted", "[sleep]") {
  const std::size_t failing = GENERATE(0U, 1U, 2U, 3U, 4U, 5U, 6U, 7U);
  CAPTURE(failing);
  Sleeper test(GENERATE(tlsext::Version::tls12, tlsext::Version::tls13));
  const auto run_out = [&](const auto& happens) {
    const LibraryMemory memory(failing);
    happens();
    return memory.failed();
  };
  bool failed = false;
  SECTION("an octet comes") {
    const Octets record = test.client.sealed(framed(query(1, host_of(1))));
    failed = run_out([&] { test.client.raw_to_server(record); });
    if (!failed) CHECK_FALSE(test.client.closed);
  }
  SECTION("its time is over") {
    failed = run_out([&] { test.worker.pass_time(58s); });
  }
  SECTION("the service ends") {
    failed = run_out([&] { test.worker.group.begin_drain(); });
  }
  if (failing == 0) {
    REQUIRE(failed);
    CHECK(test.client.mode == CloseMode::at_once);
    CHECK(test.worker.counters.connections.closed_no_memory.value() == 1);
  }
  if (!failed) return;
  CHECK(test.client.closed);
  CHECK(test.worker.counters.connections.woken.value() == 1);
  CHECK(test.worker.group.size() == 0);
  CHECK_FALSE(test.client.misused);
}

TEST_CASE("a sleeping session that is destroyed leaves nothing behind", "[sleep]") {
  Sleeper test;
  test.client.sleeping.reset();
  CHECK(test.worker.group.size() == 0);
  test.worker.pass_time(60s);
  CHECK(test.worker.counters.connections.woken.value() == 1);
}
