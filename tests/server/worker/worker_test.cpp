// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/worker/worker.hpp"

#include <fcntl.h>

#include <catch2/catch.hpp>
#include <future>

#include "server/io/uv/make_loop.hpp"

using namespace mooring::server;

TEST_CASE("a worker says so when it cannot take connections at an address", "[server]") {
  struct Observer final : WorkerObserver {
    void on_upstream_state(const Endpoint&, UpstreamState, std::string_view) override {}
    void on_listen_failed(const Endpoint& name, std::string_view reason) override {
      failed.set_value(name.text() + ": " + std::string(reason));
    }
    void on_handshake_failed(const Endpoint&, const HandshakeFailure&) override {}
    void on_given(std::uint64_t, std::vector<Parcel>, const Remaining&) override {}
    void on_taken(std::uint64_t, const Taken&) override {}
    void on_drained() override {}
    std::promise<std::string> failed;
  } observer;
  ClientLimits limits(ClientLimitSettings{});
  Worker worker(make_uv_loop(), WorkerSettings{}, limits, observer);
  worker.start();
  const auto [fd, reason] = GENERATE(table<int, std::string>({
      {::open("/dev/null", O_RDWR | O_CLOEXEC), "socket operation on non-socket"},
      {-1, "bad file descriptor"},
  }));
  worker.listen(*Endpoint::parse("192.0.2.1:853"), OwnedFd(fd), 1);
  CHECK(observer.failed.get_future().get() == "192.0.2.1:853: " + reason);
}
