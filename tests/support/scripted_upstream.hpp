// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "server/upstream/pool.hpp"
#include "support/dns_messages.hpp"

namespace mooring::test {

using namespace std::chrono_literals;

/// Message IDs that a test can repeat.
class SeededIds final : public server::MessageIds {
 public:
  explicit SeededIds(unsigned seed = 1) : random_(seed) {}
  std::uint16_t next() override { return static_cast<std::uint16_t>(random_() & mask_); }
  /// Only so many bits vary: IDs collide all the time.
  void set_bits(unsigned bits) { mask_ = (1U << bits) - 1; }

 private:
  std::mt19937 random_;
  unsigned mask_ = 0xffff;
};

/// Stands for the sockets and the resolvers behind them: does what the test says, when it says so.
class ScriptedUpstream final : public server::UpstreamTransport, public server::UpstreamObserver {
 public:
  bool open(server::UpstreamId connection, std::size_t server) override {
    opened.push_back(server);
    if (fail_open) return false;
    auto& it = at(connection);
    it = {};
    it.live = true;
    it.server = server;
    return true;
  }
  void send(server::UpstreamId connection, server::ByteView octets) override {
    auto& it = at(connection);
    ++it.sends;
    it.sent.insert(it.sent.end(), octets.begin(), octets.end());
    it.misused = it.misused || !it.live || !it.connected || octets.empty();
  }
  void acknowledge(server::UpstreamId connection) override {
    auto& it = at(connection);
    ++it.acknowledged;
    it.misused = it.misused || !it.live || !it.connected;
  }
  void close(server::UpstreamId connection) override {
    auto& it = at(connection);
    it.misused = it.misused || !it.live;
    it.live = false;
    ++closed_by_pool;
  }
  void on_upstream_state(std::size_t server, server::UpstreamState state,
                         std::string_view) override {
    static constexpr std::array<const char*, 3> kNames{"up", "lost", "unreachable"};
    states += std::to_string(server) + " " + kNames[static_cast<std::size_t>(state)] + ", ";
  }

  struct Connection {
    bool live = false;
    bool connected = false;
    bool misused = false;
    std::size_t server = 0;
    std::size_t sends = 0;
    std::size_t acknowledged = 0;
    Octets sent;  ///< since taken by queries()
  };
  [[nodiscard]] Connection& at(server::UpstreamId connection) {
    return connections[static_cast<std::size_t>(connection)];
  }
  [[nodiscard]] std::size_t live() const {
    return static_cast<std::size_t>(std::count_if(connections.begin(), connections.end(),
                                                  [](const auto& it) { return it.live; }));
  }
  [[nodiscard]] bool misused() const {
    return std::any_of(connections.begin(), connections.end(),
                       [](const auto& it) { return it.misused; });
  }

  std::array<Connection, 64> connections;
  std::vector<std::size_t> opened;  ///< the server of each open()
  bool fail_open = false;
  std::size_t closed_by_pool = 0;
  std::string states;
};

/// A pool over a scripted upstream, with a clock that the test moves.
struct PoolFixture {
  explicit PoolFixture(server::UpstreamSettings wanted = {})
      : settings(wanted), pool(settings, upstream, ids, counters.upstream, &upstream) {}

  static server::UpstreamId id(std::size_t index) {
    return server::UpstreamId{static_cast<std::uint8_t>(index)};
  }
  void connect(std::size_t index) {
    upstream.connections[index].connected = true;
    pool.on_connected(id(index), now);
    pool.flush();
  }
  /// Connects whatever is being opened.
  void connect_all() {
    for (std::size_t i = 0; i < upstream.connections.size(); ++i) {
      if (upstream.connections[i].live && !upstream.connections[i].connected) connect(i);
    }
  }
  void data(std::size_t index, const Octets& octets) {
    pool.on_data(id(index), octets, now);
    pool.flush();
  }
  void reply(std::size_t index, const Octets& message) { data(index, framed(message)); }
  void end(std::size_t index, std::string_view reason = "end of stream") {
    upstream.connections[index].live = false;
    pool.on_closed(id(index), reason, now);
    pool.flush();
  }
  void pass(std::chrono::milliseconds time) {
    now += time;
    pool.on_time(now);
    pool.flush();
  }
  /// The whole queries sent on a connection since the last call.
  [[nodiscard]] std::vector<Octets> queries(std::size_t index) {
    return unframed(std::exchange(upstream.connections[index].sent, {}));
  }

  server::UpstreamSettings settings;
  ScriptedUpstream upstream;
  SeededIds ids;
  server::Counters counters;
  server::UpstreamPool pool;
  server::TimePoint now{1h};
};

/// Asks the pool and keeps what comes back.
class Asker final : public server::QueryOwner {
 public:
  explicit Asker(PoolFixture& fixture) : fixture_(fixture) {}
  /// One of those that are one client.
  Asker(PoolFixture& fixture, const server::ClientAddress& client)
      : QueryOwner(fixture.pool.client(client)), fixture_(fixture) {}
  ~Asker() { fixture_.pool.cancel(*this); }

  /// Without the end of the turn.
  std::optional<server::QueryFailure> submit(const Octets& message,
                                             const server::QueryContext& context = {}) {
    return fixture_.pool.submit(*this, {message, server::check_query(message).shape, context},
                                fixture_.now);
  }
  std::optional<server::QueryFailure> ask(const Octets& message) {
    const auto refused = submit(message);
    fixture_.pool.flush();
    return refused;
  }

  std::vector<Octets> answers;  ///< as the client sees them
  std::vector<std::pair<std::uint16_t, server::QueryFailure>> failures;  ///< by the client's ID
  std::vector<server::QueryContext> contexts;  ///< of what was answered or has failed
  bool cancel_on_event = false;

 private:
  void on_answer(const server::Answer& answer) override {
    contexts.push_back(answer.context);
    server::Buffer out(buffers_);
    if (server::append_answer(out, answer)) answers.push_back(unframed(out.view()).at(0));
    if (cancel_on_event) fixture_.pool.cancel(*this);
  }
  void on_failure(const server::Query& query, server::QueryFailure why) override {
    contexts.push_back(query.context);
    failures.emplace_back(query.shape.id, why);
    if (cancel_on_event) fixture_.pool.cancel(*this);
  }

  PoolFixture& fixture_;
  server::BufferPool buffers_{1U << 24U};
};

/// Connection 0 is up, and its resolver has answered a query.
inline void have_answered(PoolFixture& fixture, Asker& asker) {
  (void)asker.ask(query(9, "first.example.net"));
  fixture.connect(0);
  fixture.reply(0, answer_to(fixture.queries(0).at(0)));
  asker.answers.clear();
}

}  // namespace mooring::test
