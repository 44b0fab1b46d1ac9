// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "server/io/sockets.hpp"
#include "server/io/uv/make_loop.hpp"
#include "server/worker/worker.hpp"
#include "support/openssl_dot_client.hpp"
#include "support/tcp_upstream.hpp"
#include "support/tls_fixture.hpp"

namespace mooring::test {

/// Brings a worker's answers to the thread that waits for them.
struct Answers final : server::WorkerObserver {
  void on_upstream_state(const server::Endpoint&, server::UpstreamState,
                         std::string_view) override {}
  void on_listen_failed(const server::Endpoint&, std::string_view) override {}
  void on_handshake_failed(const server::Endpoint&, const server::HandshakeFailure&) override {}
  void on_given(std::uint64_t, std::vector<server::Parcel> parcels,
                const server::Remaining&) override {
    const std::lock_guard lock(mutex);
    given = std::move(parcels);
    news.notify_all();
  }
  void on_taken(std::uint64_t, const server::Taken& all) override {
    const std::lock_guard lock(mutex);
    taken = all;
    news.notify_all();
  }
  void on_drained() override {}

  template <class T>
  T await(std::optional<T>& what) {
    std::unique_lock lock(mutex);
    if (!news.wait_for(lock, std::chrono::seconds(20), [&] { return what.has_value(); }))
      FAIL("no answer");
    T out = std::move(*what);
    what.reset();
    return out;
  }

  std::mutex mutex;
  std::condition_variable news;
  std::optional<std::vector<server::Parcel>> given;
  std::optional<server::Taken> taken;
};

inline void answer_by_name(TcpUpstream::Connection& connection, const Octets& query) {
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
      : limits_(server::ClientLimitSettings{}),
        one_(server::make_uv_loop(), settings(), limits_, answers_[0]),
        other_(server::make_uv_loop(), settings(), limits_, answers_[1]) {
    tlsext::ServerSettings tls;
    tls.identities = {identity_of(kName, key)};
    tls.ticket_keys = tlsext::TicketKeySet::create();
    for (server::Worker* const worker : {&one_, &other_}) {
      worker->set_context(server_context(tls));
      worker->start();
    }
    auto socket = server::bind_socket(*server::Endpoint::parse("127.0.0.1:0"), true);
    REQUIRE(socket);
    port_ = server::bound_to(*socket)->port;
    one_.listen(*server::Endpoint::parse("127.0.0.1:0"), std::move(*socket), 64);
    // Until it listens nobody can connect.
    one_.give({0, 0, server::GiveWhich::any, {}});
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
    server::Worker& from = at_one_ ? one_ : other_;
    server::Worker& to = at_one_ ? other_ : one_;
    Answers& given = answers_[at_one_ ? 0 : 1];
    Answers& taken = answers_[at_one_ ? 1 : 0];
    at_one_ = !at_one_;
    from.give({0, 100, server::GiveWhich::any, {}});
    std::vector<server::Parcel> parcels = given.await(given.given);
    for (const server::Parcel& one : parcels) largest_ = std::max(largest_, one.octets.size());
    to.take(0, std::move(parcels));
    const server::Taken all = taken.await(taken.taken);
    refused_ += all.refused;
    return all.sessions;
  }
  /// Whether so many answers have been made within a while.
  [[nodiscard]] bool have_answered(std::uint64_t count) const {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    const auto answers = [](const server::Worker& worker) {
      return worker.counters().traffic.clients.answers.value();
    };
    while (answers(one_) + answers(other_) < count) {
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::size_t refused() const { return refused_; }
  /// Octets of the largest parcel so far.
  [[nodiscard]] std::size_t largest() const { return largest_; }

 private:
  [[nodiscard]] server::WorkerSettings settings() const {
    server::WorkerSettings out;
    out.upstream_servers = {
        *server::Endpoint::parse("127.0.0.1:" + std::to_string(resolver_.port()))};
    out.buffer_octets = 32U << 20U;
    out.sessions.max_waiting_octets = 1U << 20U;
    return out;
  }

  TcpUpstream resolver_{answer_by_name};
  server::ClientLimits limits_;
  std::array<Answers, 2> answers_;
  server::Worker one_;
  server::Worker other_;
  std::uint16_t port_ = 0;
  bool at_one_ = true;
  std::size_t refused_ = 0;
  std::size_t largest_ = 0;
};

}  // namespace mooring::test
