// SPDX-License-Identifier: GPL-3.0-or-later
#include "tools/client/happy_eyeballs.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

using namespace mooring::tools;
using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kNever{-1};

/// How an address behaves: after a time it is connected, or fails with an errno.
struct Behaviour {
  milliseconds after{0};
  int error = 0;
  bool at_once = false;  ///< fails before there is a socket
};

SocketAddress address(int family) {
  SocketAddress out;
  out.storage.ss_family = static_cast<sa_family_t>(family);
  return out;
}

/// A network whose time passes only while it is waited for. The sockets are numbered from 100.
class FakeNetwork final : public RaceNetwork {
 public:
  explicit FakeNetwork(std::vector<Behaviour> behaviours) : behaviours_(std::move(behaviours)) {}

  tl::expected<int, int> begin(const SocketAddress& /*address*/) override {
    const std::size_t place = begun_at.size();
    begun_at.push_back(passed());
    const Behaviour& behaviour = behaviours_.at(place);
    if (behaviour.at_once) return tl::make_unexpected(behaviour.error);
    const int socket = 100 + static_cast<int>(place);
    open_.emplace(socket, behaviour);
    return socket;
  }

  std::vector<Done> wait(const std::vector<int>& sockets, Deadline until) override {
    Deadline first = until;
    for (const int socket : sockets) {
      if (open_.at(socket).after != kNever) first = std::min(first, done_at(socket));
    }
    now_ = std::max(now_, first);
    std::vector<Done> done;
    for (const int socket : sockets) {
      const Behaviour& behaviour = open_.at(socket);
      if (behaviour.after != kNever && done_at(socket) <= now_)
        done.push_back({socket, behaviour.error});
    }
    return done;
  }

  void close(int socket) override { REQUIRE(open_.erase(socket) == 1); }
  Deadline now() override { return now_; }

  [[nodiscard]] std::size_t open() const { return open_.size(); }
  [[nodiscard]] milliseconds passed() const {
    return std::chrono::duration_cast<milliseconds>(now_ - Deadline{});
  }

  std::vector<milliseconds> begun_at;

 private:
  [[nodiscard]] Deadline done_at(int socket) const {
    return Deadline{} + begun_at.at(static_cast<std::size_t>(socket - 100)) +
           open_.at(socket).after;
  }

  std::vector<Behaviour> behaviours_;
  std::map<int, Behaviour> open_;
  Deadline now_{};
};

}  // namespace

TEST_CASE("the first address to answer is taken, and no silent one is waited for", "[tools]") {
  struct Case {
    std::string what;
    std::vector<Behaviour> network;
    std::size_t winner;
    std::vector<milliseconds> begun_at;
    milliseconds took;
  };
  const auto given = GENERATE(values<Case>({
      {"one", {{10ms}}, 0, {0ms}, 10ms},
      {"the first answers", {{10ms}, {1ms}}, 0, {0ms}, 10ms},
      {"the first is a black hole", {{kNever}, {10ms}}, 1, {0ms, 250ms}, 260ms},
      {"the first is slow", {{400ms}, {kNever}, {kNever}}, 0, {0ms, 250ms}, 400ms},
      {"the second overtakes", {{400ms}, {20ms}}, 1, {0ms, 250ms}, 270ms},
      {"three black holes",
       {{kNever}, {kNever}, {kNever}, {1ms}},
       3,
       {0ms, 250ms, 500ms, 750ms},
       751ms},
      {"the first refuses", {{5ms, ECONNREFUSED}, {10ms}}, 1, {0ms, 5ms}, 15ms},
      {"the first cannot be tried", {{0ms, ENETUNREACH, true}, {10ms}}, 1, {0ms, 0ms}, 10ms},
      {"one refuses while another waits",
       {{kNever}, {5ms, ECONNREFUSED}, {10ms}},
       2,
       {0ms, 250ms, 255ms},
       265ms},
  }));
  INFO(given.what);
  FakeNetwork network(given.network);
  const auto won =
      race(std::vector(given.network.size(), address(AF_INET)), Deadline{} + 5s, network);
  REQUIRE(won.has_value());
  CHECK(won->address == given.winner);
  CHECK(won->socket == 100 + static_cast<int>(given.winner));
  CHECK(network.begun_at == given.begun_at);
  CHECK(network.passed() == given.took);
  CHECK(network.open() == 1);
}

TEST_CASE("a race that nobody wins ends by its deadline and says what became of each", "[tools]") {
  struct Case {
    std::vector<Behaviour> network;
    std::vector<int> errors;
    milliseconds took;
  };
  const auto given = GENERATE(values<Case>({
      {{}, {}, 0ms},
      {{{5ms, ECONNREFUSED}}, {ECONNREFUSED}, 5ms},
      {{{0ms, ENETUNREACH, true}, {5ms, ECONNREFUSED}}, {ENETUNREACH, ECONNREFUSED}, 5ms},
      {{{kNever}}, {ETIMEDOUT}, 1000ms},
      {{{kNever}, {5ms, ECONNREFUSED}}, {ECONNREFUSED, ETIMEDOUT}, 1000ms},
      {{{kNever}, {kNever}, {kNever}, {kNever}, {1ms}},
       {ETIMEDOUT, ETIMEDOUT, ETIMEDOUT, ETIMEDOUT},
       1000ms},
  }));
  FakeNetwork network(given.network);
  const auto won =
      race(std::vector(given.network.size(), address(AF_INET)), Deadline{} + 1s, network);
  REQUIRE_FALSE(won.has_value());
  std::vector<int> errors;
  for (const RaceLoss& loss : won.error()) errors.push_back(loss.error);
  CHECK(errors == given.errors);
  CHECK(network.passed() == given.took);
  CHECK(network.open() == 0);
}

TEST_CASE("the families of a host's addresses take turns", "[tools]") {
  struct Case {
    std::string given, tried;
  };
  const auto [given, tried] = GENERATE(table<std::string, std::string>({{"", ""},
                                                                        {"4", "4"},
                                                                        {"666", "666"},
                                                                        {"64", "64"},
                                                                        {"46", "46"},
                                                                        {"66644", "64646"},
                                                                        {"44466", "46464"},
                                                                        {"6444", "6444"}}));
  std::vector<SocketAddress> addresses;
  for (const char family : given) addresses.push_back(address(family == '6' ? AF_INET6 : AF_INET));
  std::string order;
  for (const SocketAddress& one : interleaved(addresses))
    order += one.family() == AF_INET6 ? '6' : '4';
  CHECK(order == tried);
}
