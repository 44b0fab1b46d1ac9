// SPDX-License-Identifier: GPL-3.0-or-later
// A client's connection from whoever claims to have had it, its length and checksum made good, and
// then what the client does: a worker goes on with it or refuses it.
#include <algorithm>
#include <cstdlib>

#include "server/worker/worker_loop.hpp"
#include "support/fake_io.hpp"
#include "support/tls_fixture.hpp"

using namespace mooring;
using namespace mooring::server;
using namespace mooring::test;

namespace {

struct Nobody final : WorkerObserver {
  void on_upstream_state(const Endpoint&, UpstreamState, std::string_view) override {}
  void on_listen_failed(const Endpoint&, std::string_view) override {}
  void on_handshake_failed(const Endpoint&, const HandshakeFailure&) override {}
  void on_given(std::uint64_t, std::vector<Parcel> parcels, const Remaining&) override {
    given = std::move(parcels);
  }
  void on_taken(std::uint64_t, const Taken& all) override { taken = all; }
  void on_drained() override {}
  std::vector<Parcel> given;
  Taken taken;
};

struct NoOwner final : StreamOwner {
  void on_read(ByteView) override {}
  void on_finished() override {}
  void on_broken(const Error&) override {}
  void on_written() override {}
};

/// With the length and the checksum that it should have.
SecretBytes sealed(SecretArena& arena, const std::uint8_t* data, std::size_t size) {
  SecretBytes out = *arena.take(std::max<std::size_t>(size, 5) + 8);
  std::copy_n(reinterpret_cast<const std::byte*>(data), size, out.data());
  const std::size_t whole = out.size();
  for (std::size_t i = 0; i < 4; ++i)
    out.data()[1 + i] = static_cast<std::byte>(whole >> 8 * (3 - i) & 0xffU);
  std::uint64_t sum = 0xcbf29ce484222325;
  for (const std::byte octet : out.view().first(whole - 8))
    sum = (sum ^ std::to_integer<std::uint64_t>(octet)) * 0x100000001b3;
  for (std::size_t i = 0; i < 8; ++i)
    out.data()[whole - 8 + i] = static_cast<std::byte>(sum >> 8 * (7 - i) & 0xffU);
  return out;
}

/// A worker goes on with it, gives it and takes it again.
void live(const Endpoint& client, SecretBytes octets) {
  static const auto context = server_context(server_settings());
  FakeLoop loop;
  Nobody nobody;
  ClientLimits limits({});
  WorkerSettings settings;
  settings.upstream_servers = {*Endpoint::parse("192.0.2.1:53")};
  settings.buffer_octets = 1U << 20U;
  WorkerLoop worker(loop, settings, limits, nobody);
  worker.set_context(context);
  NoOwner owner;
  auto stream = *loop.connect(client, owner);
  const auto peer = loop.connections.back();
  std::vector<Parcel> parcels;
  parcels.push_back({std::move(octets), std::move(stream->release()->descriptor)});
  stream.reset();
  worker.take(0, std::move(parcels));
  loop.turn();
  peer->send("no TLS");
  if (nobody.taken.sessions == 1) worker.give({0, 1, GiveWhich::any, {}});
  worker.take(0, std::move(nobody.given));
  loop.turn();
  loop.advance(std::chrono::minutes(2));
  if (limits.connections() != 0) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static SecretArena arena;
  static tlsext::SecretMemory keys;
  SecretBytes octets = sealed(arena, data, size);
  const auto content = unpack(octets.view(), keys);
  if (!content) return 0;
  const auto again = pack(*content, arena);
  if (!again || !std::ranges::equal(again->view(), octets.view())) std::abort();
  const Peer& peer = content->session.peer;
  live(peer.proxy.value_or(peer.address), std::move(octets));
  return 0;
}
