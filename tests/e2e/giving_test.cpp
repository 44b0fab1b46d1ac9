// SPDX-License-Identifier: GPL-3.0-or-later
//
// Live connections between two workers, each a thread with sockets; the clients are OpenSSL's.
#include <sys/socket.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <iterator>
#include <set>
#include <thread>
#include <vector>

#include "e2e/two_workers.hpp"

using namespace mooring;
using namespace mooring::server;
using namespace mooring::test;
using namespace std::chrono_literals;

namespace {

/// Sends `count` queries in one record, and expects each answer once.
void ask_many(OpensslDotClient& client, unsigned first, unsigned count) {
  Octets all;
  std::set<unsigned> expected;
  for (unsigned id = first; id < first + count; ++id) {
    const Octets one = framed(query(id, host_of(id)));
    all.insert(all.end(), one.begin(), one.end());
    expected.insert(id);
  }
  client.send(all);
  for (unsigned i = 0; i < count; ++i) {
    const auto message = client.receive();
    REQUIRE(message);
    REQUIRE(expected.erase(id_of(*message)) == 1);
    REQUIRE(rcode_of(*message) == 0);
  }
}

struct Suite {
  bool tls12;
  const char* name;
  KeyType key;
};

constexpr Suite kSuites[] = {
    {false, "TLS_AES_128_GCM_SHA256", KeyType::p256},
    {false, "TLS_AES_256_GCM_SHA384", KeyType::p256},
    {false, "TLS_CHACHA20_POLY1305_SHA256", KeyType::p256},
    {true, "ECDHE-ECDSA-AES128-GCM-SHA256", KeyType::p256},
    {true, "ECDHE-ECDSA-AES256-GCM-SHA384", KeyType::p256},
    {true, "ECDHE-ECDSA-CHACHA20-POLY1305", KeyType::p256},
    {true, "ECDHE-RSA-AES128-GCM-SHA256", KeyType::rsa2048},
    {true, "ECDHE-RSA-AES256-GCM-SHA384", KeyType::rsa2048},
    {true, "ECDHE-RSA-CHACHA20-POLY1305", KeyType::rsa2048},
};

}  // namespace

TEST_CASE("a conversation with OpenSSL goes on over hand-overs, in every suite", "[giving]") {
  const Suite suite = GENERATE(from_range(std::begin(kSuites), std::end(kSuites)));
  CAPTURE(suite.name);
  TwoWorkers workers(suite.key);
  OpensslDotOptions options;
  options.tls12 = suite.tls12;
  options.suite = suite.name;
  OpensslDotClient client = workers.client(options);
  for (unsigned i = 0; i < 41; ++i) {
    if (!suite.tls12 && i % 3 == 0) client.update_keys(i % 2 == 0);
    ask_many(client, 100 * i, 1 + i % 7);
    REQUIRE(workers.move() == 1);
  }
  ask_many(client, 1, 1);
  client.send_close_notify();
  CHECK(client.wait_for_end() == TlsEnd::close_notify);
  // With the worker that listens; the session was last with the other one.
  options.resumes = &client;
  OpensslDotClient again = workers.client(options);
  CHECK(again.resumed());
  ask_many(again, 1, 1);
}

TEST_CASE("500 hand-overs while a client asks all the time", "[giving]") {
  const bool tls12 = GENERATE(false, true);
  TwoWorkers workers;
  OpensslDotOptions options;
  options.tls12 = tls12;
  OpensslDotClient client = workers.client(options);
  std::atomic<bool> moved = false;
  std::size_t sessions = 0;
  std::thread mover([&] {
    for (int i = 0; i < 500; ++i) sessions += workers.move();
    moved = true;
  });
  unsigned asked = 0;
  while (!moved) ask_many(client, asked++ % 600 * 100, 20);
  mover.join();
  CHECK(sessions == 500);
  CHECK(workers.refused() == 0);
  ask_many(client, 1, 20);
}

TEST_CASE("a client that sends octet by octet is served wherever it is cut", "[giving]") {
  TwoWorkers workers;
  OpensslDotOptions options;
  options.octet_by_octet = true;
  OpensslDotClient client = workers.client(options);
  std::atomic<bool> moved = false;
  std::size_t sessions = 0;
  std::thread mover([&] {
    for (int i = 0; i < 200; ++i) sessions += workers.move();
    moved = true;
  });
  unsigned asked = 0;
  while (!moved) ask_many(client, asked++ % 600 * 100, 2);
  mover.join();
  CHECK(sessions == 200);
  ask_many(client, 1, 2);
}

TEST_CASE("large answers that are not read go on where the other worker stopped", "[giving]") {
  TwoWorkers workers;
  OpensslDotClient client = workers.client();
  Octets all;
  for (unsigned id = 0; id < 90; ++id) {
    const Octets one = framed(query(id, "Large.example"));
    all.insert(all.end(), one.begin(), one.end());
  }
  const int little = 32'768;  // more than it and the server's buffer take is for the worker to keep
  setsockopt(client.peer().socket(), SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
  client.send(all);
  REQUIRE(workers.have_answered(91));
  for (int i = 0; i < 20; ++i) REQUIRE(workers.move() == 1);
  std::set<unsigned> ids;
  for (unsigned i = 0; i < 90; ++i) {
    if (i % 10 == 0) REQUIRE(workers.move() == 1);
    const auto message = client.receive();
    REQUIRE(message);
    REQUIRE(message->size() > 60'000);
    ids.insert(id_of(*message));
  }
  CHECK(ids.size() == 90);
  CHECK(workers.largest() >= 200'000);
  ask_many(client, 100, 5);
}

TEST_CASE("many clients at once", "[giving]") {
  TwoWorkers workers;
  std::vector<OpensslDotClient> clients;
  for (int i = 0; i < 60; ++i) clients.push_back(workers.client());
  for (unsigned round = 0; round < 5; ++round) {
    for (OpensslDotClient& client : clients) client.send(framed(query(round, host_of(round))));
    REQUIRE(workers.move() == clients.size());
    for (OpensslDotClient& client : clients) REQUIRE(client.receive());
  }
}
