// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdlib>
#include <optional>

#include "server/client/exchange.hpp"
#include "support/dot_client.hpp"

using namespace mooring;
using namespace mooring::server;
using namespace mooring::test;

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

struct Listener final : ExchangeListener {
  void on_exchange_changed() override { ++changes; }
  std::size_t changes = 0;
};

/// The octets as what is inside TLS: DNS messages from a client, with a resolver that answers.
void as_plaintext(ByteView octets, std::size_t piece) {
  PoolFixture pool;
  BufferPool buffers(1U << 20U);
  Listener listener;
  const Peer peer;
  DnsExchange exchange(pool.pool, buffers, pool.counters.clients, listener, peer, std::nullopt);
  const auto answer = [&] {
    pool.pool.flush();
    pool.connect_all();
    for (std::size_t i = 0; i < 8; ++i) {
      for (const auto& sent : pool.queries(i)) pool.reply(i, answer_to(sent));
    }
    exchange.resume(4, pool.now);
  };
  while (!octets.empty()) {
    const auto part = octets.first(std::min(piece, octets.size()));
    octets = octets.subspan(part.size());
    exchange.receive(part, 4, pool.now);
    expect(exchange.unanswered() <= 4);
    answer();
  }
  for (int i = 0; i < 20'000 && exchange.unanswered() != 0; ++i) answer();
  expect(exchange.unanswered() == 0 && !exchange.held_back());
  const auto messages = unframed(exchange.ready());
  expect(messages.size() == pool.counters.clients.answers.value());
  for (const auto& message : messages) expect(is_response(message));
}

/// The octets as what comes from the network, to a session in its handshake.
void as_ciphertext(ByteView octets, std::size_t piece) {
  static WorkerFixture worker;
  {
    DotClient client(worker);
    while (!octets.empty()) {
      const auto part = octets.first(std::min(piece, octets.size()));
      octets = octets.subspan(part.size());
      client.session->on_data(part, worker.now);
    }
    worker.turn();
    client.session->on_end(StreamEnd::broken);
    expect(!client.misused);
  }
  expect(worker.group.size() == 0);
  expect(worker.buffers.octets_in_use() == 0);
}

}  // namespace

// The first octet is the size of the pieces; with its highest bit the rest is ciphertext.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = (data[0] & 0x7fU) + std::size_t{1};
  const ByteView octets(reinterpret_cast<const std::byte*>(data + 1), size - 1);
  if ((data[0] & 0x80U) != 0) {
    as_ciphertext(octets, piece);
  } else {
    as_plaintext(octets, piece);
  }
  return 0;
}
