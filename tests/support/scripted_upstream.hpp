// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <array>
#include <random>
#include <string>
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

}  // namespace mooring::test
