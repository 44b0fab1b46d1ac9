// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "server/worker/worker_loop.hpp"
#include "support/dns_messages.hpp"
#include "support/fake_io.hpp"
#include "support/moving_client.hpp"
#include "support/tls_fixture.hpp"

namespace mooring::test {

/// Keeps what a worker answers to give() and take().
struct GivingObserver final : server::WorkerObserver {
  void on_upstream_state(const server::Endpoint&, server::UpstreamState,
                         std::string_view) override {}
  void on_listen_failed(const server::Endpoint&, std::string_view) override {}
  void on_handshake_failed(const server::Endpoint&, const server::HandshakeFailure&) override {}
  void on_given(std::uint64_t tag, std::vector<server::Parcel> given,
                const server::Remaining& left) override {
    last_tag = tag;
    parcels = std::move(given);
    remaining = left;
  }
  void on_taken(std::uint64_t tag, const server::Taken& all) override {
    last_tag = tag;
    taken = all;
  }
  void on_drained() override {}

  std::uint64_t last_tag = 0;
  std::vector<server::Parcel> parcels;
  server::Remaining remaining;
  server::Taken taken;
};

/// A worker without sockets, as one process of two or more has it.
struct GivingSide {
  static server::WorkerSettings settings() {
    server::WorkerSettings out;
    out.upstream_servers = {*server::Endpoint::parse("192.0.2.1:53")};
    out.buffer_octets = 4U << 20U;
    return out;
  }
  explicit GivingSide(server::WorkerSettings with = settings(),
                      server::ClientLimitSettings bounds = {})
      : limits(bounds), worker(loop, std::move(with), limits, observer) {
    worker.set_context(server_context(server_settings()));
    worker.listen(*server::Endpoint::parse("192.0.2.53:853"), server::OwnedFd(), 8);
  }
  [[nodiscard]] std::vector<server::Parcel> give(server::GiveWhich which = server::GiveWhich::any,
                                                 std::size_t most = 100,
                                                 std::optional<server::IpPrefix> client = {}) {
    worker.give({7, most, which, client});
    return std::exchange(observer.parcels, {});
  }
  void take(std::vector<server::Parcel> parcels) {
    worker.take(8, std::move(parcels));
    loop.turn();
  }
  /// Answers all that has reached the resolver, with so many octets more than an address takes;
  /// returns how many that was.
  std::size_t answer(std::size_t more = 0) {
    std::size_t answered = 0;
    for (const auto& resolver : std::vector(loop.connections)) {
      if (resolver->closed) continue;
      if (connected.insert(resolver.get()).second) resolver->connect();
      loop.turn();
      const std::string asked = std::exchange(resolver->sent, {});
      for (const Octets& one : unframed(std::as_bytes(std::span(asked)))) {
        const Octets out = framed(more == 0 ? answer_to(one) : answer_to(one, 1, text_of(more), 1));
        resolver->send({reinterpret_cast<const char*>(out.data()), out.size()});
        ++answered;
      }
      loop.turn();
    }
    return answered;
  }
  [[nodiscard]] const server::ConnectionCounters& connections() const {
    return worker.counters().traffic.connections;
  }

  FakeLoop loop;
  std::set<const FakePeer*> connected;
  GivingObserver observer;
  server::ClientLimits limits;
  server::WorkerLoop worker;
};

}  // namespace mooring::test
