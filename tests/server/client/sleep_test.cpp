// SPDX-License-Identifier: GPL-3.0-or-later
//
// When a session falls asleep, and how it goes on.
#include <catch2/catch.hpp>

#include "support/dot_client.hpp"

using namespace mooring;
using namespace mooring::server;
using namespace mooring::test;

namespace {

SessionSettings sleepy(Milliseconds after = 2s) {
  SessionSettings out;
  out.sleep_after = after;
  return out;
}

tlsext::Version any_version() {
  return GENERATE(tlsext::Version::tls12, tlsext::Version::tls13);
}

/// Whether the client is answered.
bool answers(WorkerFixture& worker, DotClient& client) {
  client.ask(query(7, "host.example"));
  worker.answer_all();
  const auto got = client.read();
  return got.size() == 1 && got[0] == answer_to(query(7, "host.example"));
}

}  // namespace

TEST_CASE("an idle session falls asleep at its time and not before, and the next octet wakes it",
          "[sleep]") {
  WorkerFixture worker(sleepy());
  DotClient client(worker, any_version());
  client.shake_hands();
  REQUIRE(answers(worker, client));
  CHECK(worker.group.next_deadline() == worker.now + 2s);
  worker.pass_time(1999ms);
  CHECK_FALSE(client.sleeping);
  worker.pass_time(1ms);
  REQUIRE(client.sleeping);
  CHECK(worker.group.size() == 1);
  CHECK(client.sleeping->peer() == DotClient::peer);
  CHECK(worker.counters.connections.slept.value() == 1);
  CHECK(worker.counters.connections.woken.value() == 0);
  CHECK(answers(worker, client));
  CHECK_FALSE(client.sleeping);
  CHECK(worker.counters.connections.woken.value() == 1);
  CHECK(worker.group.size() == 1);
  CHECK(worker.counters.connections.accepted.value() == 1);
  worker.pass_time(2s);
  CHECK(client.sleeping);
  CHECK_FALSE(client.misused);
}

TEST_CASE("a client that has asked nothing yet sleeps as well", "[sleep]") {
  WorkerFixture worker(sleepy());
  DotClient client(worker, any_version());
  client.shake_hands();
  worker.pass_time(2s);
  REQUIRE(client.sleeping);
  CHECK(answers(worker, client));
}

TEST_CASE("a session in the middle of something does not sleep, and does after it", "[sleep]") {
  WorkerFixture worker(sleepy());
  DotClient client(worker, any_version());
  const Octets asked = framed(query(7, "host.example"));
  const auto half = static_cast<std::ptrdiff_t>(asked.size() / 2);
  bool done = true;
  SECTION("a handshake") {
    worker.pass_time(9s);
    CHECK_FALSE(client.sleeping);
    client.shake_hands();
  }
  SECTION("a query in flight") {
    client.shake_hands(asked);
    worker.turn();
    worker.pass_time(2s);
    CHECK_FALSE(client.sleeping);
    worker.answer_all();
  }
  SECTION("a message in part") {
    client.shake_hands({asked.begin(), asked.begin() + half});
    worker.pass_time(2s);
    CHECK_FALSE(client.sleeping);
    client.send({asked.begin() + half, asked.end()}, SIZE_MAX);
    worker.answer_all();
  }
  SECTION("an answer that the kernel has not taken") {
    client.shake_hands(asked);
    client.stalled = true;
    worker.answer_all();
    worker.pass_time(2s);
    CHECK_FALSE(client.sleeping);
    client.unstall();
  }
  SECTION("the end of what the client sends") {
    client.shake_hands(asked);
    worker.turn();
    client.say_goodbye();
    done = false;
  }
  worker.turn();
  worker.pass_time(2s);
  CHECK((client.sleeping != nullptr) == done);
  CHECK_FALSE(client.misused);
}

TEST_CASE("a record that is cut anywhere may have sleep in its middle", "[sleep]") {
  WorkerFixture worker(sleepy());
  const tlsext::Version version = any_version();
  DotClient client(worker, version);
  client.shake_hands();
  const std::size_t size = client.sealed(framed(query(7, "host.example"))).size();
  DotClient other(worker, version);
  other.shake_hands();
  for (std::size_t cut = 1; cut < size; ++cut) {
    const Octets record = other.sealed(framed(query(7, "host.example")));
    other.raw_to_server(OctetView(record).first(cut));
    worker.pass_time(2s);
    REQUIRE(other.sleeping);
    other.raw_to_server(OctetView(record).subspan(cut));
    worker.answer_all();
    REQUIRE(other.read().size() == 1);
  }
}

TEST_CASE("sleep that would come after the idle timeout, or is none, does not come", "[sleep]") {
  SessionSettings settings = sleepy(GENERATE(0s, 60s, 61s));
  WorkerFixture worker(settings);
  DotClient client(worker);
  client.shake_hands();
  worker.pass_time(59'999ms);
  CHECK_FALSE(client.sleeping);
  worker.pass_time(1ms);
  CHECK(client.closed);
  CHECK(worker.counters.connections.slept.value() == 0);
}

TEST_CASE("another time to sleep after is for sessions that are there as well", "[sleep]") {
  WorkerFixture worker(sleepy());
  DotClient asleep(worker), awake(worker);
  asleep.shake_hands();
  worker.pass_time(1s);
  awake.shake_hands();
  worker.pass_time(1s);
  REQUIRE(asleep.sleeping);
  SECTION("none: who sleeps sleeps until it is woken") {
    worker.group.set(sleepy(0s), worker.now);
    worker.pass_time(20s);
    CHECK_FALSE(awake.sleeping);
    CHECK(asleep.sleeping);
    CHECK(answers(worker, asleep));
    worker.pass_time(20s);
    CHECK_FALSE(asleep.sleeping);
    worker.group.set(sleepy(3s), worker.now);
    worker.pass_time(2999ms);
    CHECK_FALSE(awake.sleeping);
    worker.pass_time(1ms);
    CHECK(awake.sleeping);
    CHECK(asleep.sleeping);
  }
  SECTION("a shorter one") {
    worker.group.set(sleepy(500ms), worker.now);
    worker.pass_time(500ms);
    CHECK(awake.sleeping);
  }
  SECTION("a longer one, not for the time that runs") {
    worker.group.set(sleepy(5s), worker.now);
    worker.pass_time(1s);
    CHECK(awake.sleeping);
    CHECK(answers(worker, awake));
    worker.pass_time(4999ms);
    CHECK_FALSE(awake.sleeping);
  }
}

TEST_CASE("of very many only some fall asleep in one turn of the loop", "[sleep]") {
  WorkerFixture worker(sleepy());
  std::vector<std::unique_ptr<DotClient>> clients;
  for (int i = 0; i < 200; ++i) {
    clients.push_back(std::make_unique<DotClient>(worker));
    clients.back()->shake_hands();
  }
  worker.pass_time(2s);
  std::uint64_t before = 0;
  for (std::uint64_t slept = worker.counters.connections.slept.value(); slept < 200;
       slept = worker.counters.connections.slept.value()) {
    REQUIRE(slept > before);
    REQUIRE(slept <= before + 64);
    CHECK(worker.group.next_deadline().value() <= worker.now);
    before = slept;
    worker.pass_time(0ms);
  }
  CHECK(worker.group.size() == 200);
}

TEST_CASE("a session that sleeps and wakes again and again stays what it is", "[sleep]") {
  WorkerFixture worker(sleepy());
  DotClient client(worker, any_version());
  client.shake_hands();
  for (int i = 0; i < 500; ++i) {
    worker.pass_time(2s);
    REQUIRE(client.sleeping);
    REQUIRE(answers(worker, client));
  }
  CHECK(worker.counters.connections.woken.value() == 500);
  CHECK(worker.buffers.octets_in_use() == 0);
  CHECK_FALSE(client.misused);
}
