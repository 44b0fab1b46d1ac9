// SPDX-License-Identifier: GPL-3.0-or-later
//
// Live connections between two workers, each a thread with sockets; the clients are OpenSSL's.
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <iterator>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "server/io/sockets.hpp"
#include "server/io/uv/make_loop.hpp"
#include "server/worker/worker.hpp"
#include "support/openssl_dot_client.hpp"
#include "support/tcp_upstream.hpp"
#include "support/tls_fixture.hpp"

using namespace mooring;
using namespace mooring::server;
using namespace mooring::test;
using namespace std::chrono_literals;

namespace {

/// Brings a worker's answers to the thread that waits for them.
struct Answers final : WorkerObserver {
  void on_upstream_state(const Endpoint&, UpstreamState, std::string_view) override {}
  void on_listen_failed(const Endpoint&, std::string_view) override {}
  void on_handshake_failed(const Endpoint&, const HandshakeFailure&) override {}
  void on_given(std::uint64_t, std::vector<Parcel> parcels, const Remaining&) override {
    const std::lock_guard lock(mutex);
    given = std::move(parcels);
    news.notify_all();
  }
  void on_taken(std::uint64_t, const Taken& all) override {
    const std::lock_guard lock(mutex);
    taken = all;
    news.notify_all();
  }
  void on_drained() override {}

  template <class T>
  T await(std::optional<T>& what) {
    std::unique_lock lock(mutex);
    if (!news.wait_for(lock, 20s, [&] { return what.has_value(); })) FAIL("no answer");
    T out = std::move(*what);
    what.reset();
    return out;
  }

  std::mutex mutex;
  std::condition_variable news;
  std::optional<std::vector<Parcel>> given;
  std::optional<Taken> taken;
};

void answer_by_name(TcpUpstream::Connection& connection, const Octets& query) {
  const bool large = query.size() > 13 && query[13] == std::byte{'L'};
  if (!large) return TcpUpstream::answer(connection, query);
  const Octets text =
      MessageWriter().u8(0).u16(16).u16(1).u32(300).u16(60'000).fill(60'000).octets();
  connection.peer.send(framed(answer_to(query, 1, text, 1)));
}

/// The first of two workers listens; its sessions go to and fro.
class TwoWorkers {
 public:
  explicit TwoWorkers(KeyType key = KeyType::p256)
      : limits_(ClientLimitSettings{}),
        one_(make_uv_loop(), settings(), limits_, answers_[0]),
        other_(make_uv_loop(), settings(), limits_, answers_[1]) {
    tlsext::ServerSettings tls;
    tls.identities = {identity_of(kName, key)};
    tls.ticket_keys = tlsext::TicketKeySet::create();
    for (Worker* const worker : {&one_, &other_}) {
      worker->set_context(server_context(tls));
      worker->start();
    }
    auto socket = bind_socket(*Endpoint::parse("127.0.0.1:0"), true);
    REQUIRE(socket);
    port_ = bound_to(*socket)->port;
    one_.listen(*Endpoint::parse("127.0.0.1:0"), std::move(*socket), 64);
    // Until it listens nobody can connect.
    one_.give({0, 0, GiveWhich::any, {}});
    (void)answers_[0].await(answers_[0].given);
  }
  /// One whose handshake is done at both ends.
  [[nodiscard]] OpensslDotClient client(OpensslDotOptions options = {}) const {
    options.server_name = kName;
    OpensslDotClient out(port_, options);
    REQUIRE(out.ask(query(1, "first.example")));
    return out;
  }
  /// All sessions go to the worker that has none; returns how many those were.
  std::size_t move() {
    Worker& from = at_one_ ? one_ : other_;
    Worker& to = at_one_ ? other_ : one_;
    Answers& given = answers_[at_one_ ? 0 : 1];
    Answers& taken = answers_[at_one_ ? 1 : 0];
    at_one_ = !at_one_;
    from.give({0, 100, GiveWhich::any, {}});
    std::vector<Parcel> parcels = given.await(given.given);
    for (const Parcel& one : parcels) largest_ = std::max(largest_, one.octets.size());
    to.take(0, std::move(parcels));
    const Taken all = taken.await(taken.taken);
    refused_ += all.refused;
    return all.sessions;
  }
  /// Whether so many answers have been made within a while.
  [[nodiscard]] bool have_answered(std::uint64_t count) const {
    const auto until = std::chrono::steady_clock::now() + 20s;
    const auto answers = [](const Worker& worker) {
      return worker.counters().traffic.clients.answers.value();
    };
    while (answers(one_) + answers(other_) < count) {
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::sleep_for(1ms);
    }
    return true;
  }
  [[nodiscard]] std::size_t refused() const { return refused_; }
  /// Octets of the largest parcel so far.
  [[nodiscard]] std::size_t largest() const { return largest_; }

 private:
  [[nodiscard]] WorkerSettings settings() const {
    WorkerSettings out;
    out.upstream_servers = {*Endpoint::parse("127.0.0.1:" + std::to_string(resolver_.port()))};
    out.buffer_octets = 32U << 20U;
    out.sessions.max_waiting_octets = 1U << 20U;
    return out;
  }

  TcpUpstream resolver_{answer_by_name};
  ClientLimits limits_;
  std::array<Answers, 2> answers_;
  Worker one_;
  Worker other_;
  std::uint16_t port_ = 0;
  bool at_one_ = true;
  std::size_t refused_ = 0;
  std::size_t largest_ = 0;
};

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
