// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "support/scripted_upstream.hpp"

namespace mooring::test {

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
