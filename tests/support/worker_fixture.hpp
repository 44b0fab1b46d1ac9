// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <stdexcept>
#include <utility>

#include "server/client/session.hpp"
#include "support/certificates.hpp"
#include "support/pool_fixture.hpp"
#include "tlsext/server/context.hpp"

namespace mooring::test {

/// Fails the test that calls it.
inline void must(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(what);
}

/// One worker without its sockets: pool, buffers, sessions, TLS context, and a clock.
struct WorkerFixture : PoolFixture {
  explicit WorkerFixture(server::SessionSettings session_settings = {},
                         server::UpstreamSettings upstream_settings = {})
      : PoolFixture(upstream_settings), group(session_settings, buffers, pool, counters) {
    static const Certificate certificate = make_certificate("dot.example.net");
    tlsext::ServerSettings tls;
    tls.identities = {
        {"dot.example.net", certificate.certificate_pem, certificate.private_key_pem}};
    tls.ticket_keys = tlsext::TicketKeySet::create();
    auto made = tlsext::ServerContext::create(std::move(tls));
    if (!made) throw std::runtime_error(made.error().context);
    context = *made;
    group.set_context(context);
  }

  /// The end of a turn of the loop.
  void turn() { group.flush(now); }
  void pass_time(std::chrono::milliseconds time) {
    now += time;
    pool.on_time(now);
    group.on_time(now);
    turn();
  }
  /// Connects what is being opened, and answers every query that has reached the resolver.
  void answer_all() {
    turn();
    connect_all();
    for (std::size_t i = 0; i < upstream.connections.size(); ++i) {
      Octets stream;
      for (const auto& sent : queries(i)) stream = join({stream, framed(answer_to(sent))});
      if (!stream.empty()) pool.on_data(id(i), stream, now);
    }
    turn();
  }

  server::BufferPool buffers{8U << 20U};
  server::SessionGroup group;
  std::shared_ptr<tlsext::ServerContext> context;
};

/// So many queries, each with an ID and for a name of its own.
inline Octets queries_framed(unsigned count) {
  Octets stream;
  for (unsigned i = 0; i < count; ++i) stream = join({stream, framed(query(i, host_of(i)))});
  return stream;
}

/// Answers everything with messages of about `size` octets.
inline void answer_big(WorkerFixture& worker, std::size_t size) {
  const Octets record =
      MessageWriter().u16(0xc00c).u16(16).u16(1).u32(1).u16(static_cast<unsigned>(size)).fill(size);
  worker.turn();
  worker.connect_all();
  for (std::size_t i = 0; i < 8; ++i) {
    for (const auto& sent : worker.queries(i)) {
      worker.pool.on_data(WorkerFixture::id(i), framed(answer_to(sent, 1, record, 1)), worker.now);
    }
  }
  worker.turn();
}

}  // namespace mooring::test
