// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdlib>
#include <string>

#include "support/pool_fixture.hpp"

using namespace mooring::server;
using namespace mooring::test;

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

/// Reads the script: each octet is a step or an argument of one; at its end all is zero.
class Script {
 public:
  Script(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  [[nodiscard]] bool ended() const { return at_ == size_; }
  unsigned next() { return ended() ? 0 : data_[at_++]; }
  Octets octets(std::size_t count) {
    Octets taken;
    while (count-- > 0 && !ended()) taken.push_back(std::byte(next()));
    return taken;
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t at_ = 0;
};

UpstreamSettings settings() {
  UpstreamSettings small;
  small.servers = 2;
  small.connections = 3;
  small.in_flight_per_connection = 4;
  small.waiting = 6;
  return small;
}

// Two owners ask, one of them of a network, four connections come and go, and resolvers send what
// the script says: true answers, altered ones and plain octets. Each query must end once at most,
// and with its own answer.
class Run {
 public:
  explicit Run(Script script) : script_(script) {
    come(0);
    come(1);
  }

  void run() {
    while (!script_.ended()) {
      step();
      expect(!pool_.upstream.misused());
      check_answers();
    }
    for (auto& owner : owners_) owner.reset();
    for (int i = 0; i < 50 && pool_.pool.next_deadline(); ++i) advance();
    expect(pool_.pool.pending() == 0);
    expect(!pool_.pool.next_deadline());
  }

 private:
  void come(std::size_t which) {
    if (which == 0) {
      owners_[which].emplace(pool_);
    } else {
      owners_[which].emplace(pool_, ClientAddress{});
    }
  }
  void step() {
    const unsigned what = script_.next();
    const std::size_t index = script_.next() % 4;
    auto& connection = pool_.upstream.connections[index];
    switch (what % 8) {
      case 0:
      case 1:
        ask(what);
        break;
      case 2:
        if (connection.live && !connection.connected) pool_.connect(index);
        break;
      case 3:
        if (connection.live) pool_.end(index);
        break;
      case 4:
      case 5:
        if (connection.connected && connection.live) answer(index, what);
        break;
      case 6:
        if (connection.connected && connection.live) {
          pool_.data(index, script_.octets(script_.next()));
        }
        break;
      default:
        if (what / 8 == 31) {
          auto other = settings();
          other.query_deadline = Milliseconds{1'000 + 100 * script_.next()};
          pool_.pool.set(other, pool_.now);
          pool_.pool.flush();
        }
        advance();
    }
  }
  void ask(unsigned what) {
    const unsigned name = script_.next();
    auto& owner = owners_[what / 8 % 2];
    if (what / 16 % 8 == 0) come(what / 8 % 2);  // the client leaves, another one comes
    (void)owner->ask(query(name, host_of(name)));
  }
  void answer(std::size_t index, unsigned what) {
    for (const auto& sent : pool_.queries(index)) {
      auto reply = answer_to(sent);
      if (what / 8 % 2 != 0) reply[script_.next() % reply.size()] ^= std::byte(script_.next());
      pool_.reply(index, reply);
      auto& connection = pool_.upstream.connections[index];
      if (!connection.live || !connection.connected) return;
    }
  }
  void advance() {
    const auto next = pool_.pool.next_deadline();
    if (!next) return;
    pool_.now = std::max(pool_.now, *next);
    pool_.pool.on_time(pool_.now);
    pool_.pool.flush();
    const auto after = pool_.pool.next_deadline();
    expect(!after || *after > pool_.now);
  }
  void check_answers() {
    for (auto& owner : owners_) {
      for (const auto& answer : owner->answers) {
        const auto asked = query(id_of(answer), host_of(id_of(answer)));
        const bool has_question = u16_at(answer, 4) == 1;
        expect(!has_question || std::equal(asked.begin() + 12, asked.end(), answer.begin() + 12));
      }
      owner->answers.clear();
      owner->failures.clear();
    }
  }

  Script script_;
  PoolFixture pool_{settings()};
  std::array<std::optional<Asker>, 2> owners_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Run(Script(data, size)).run();
  return 0;
}
