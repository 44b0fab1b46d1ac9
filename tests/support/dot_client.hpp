// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/session_place.hpp"
#include "support/tls_fixture.hpp"
#include "support/tls_pipe.hpp"
#include "support/worker_fixture.hpp"
#include "tlsext/client/context.hpp"

namespace mooring::test {

/// A DoT client with real TLS, and the transport between it and its session, all in memory.
class DotClient final : public server::ClientTransport, public SessionPlace {
 public:
  /// Whom the session takes it for.
  static inline const server::Peer peer{*server::Endpoint::parse("192.0.2.7:40007")};

  explicit DotClient(WorkerFixture& worker, tlsext::Version version = tlsext::Version::tls13,
                     std::shared_ptr<const tlsext::Bytes> ticket = nullptr)
      : worker_(worker),
        context_(client_context(version)),
        tls_(make_tls(*context_, std::move(ticket))) {
    auto made =
        server::ClientSession::create(worker.group, *worker.context, *this, peer, worker.now);
    if (!made) throw std::runtime_error(made.error().context);
    session = std::move(*made);
  }

  /// Brings the handshake to its end; queries given here follow it in the same segment.
  void shake_hands(const Octets& first_queries = {}, std::size_t piece = SIZE_MAX) {
    must(tls_.start(sink_).has_value(), "no ClientHello");
    bool sent = false;
    for (int round = 0; round < 10 && !(sent && sink_.ciphertext.empty()); ++round) {
      if (tls_.state() == tlsext::SessionState::open && !sent) {
        if (!first_queries.empty()) seal(first_queries);
        sent = true;
      }
      to_server(piece);
      from_server();
    }
    must(tls_.state() == tlsext::SessionState::open, "the handshake has failed");
  }
  /// Sends octets of DNS, cut into pieces of ciphertext, without the end of the turn.
  void send(const Octets& plaintext, std::size_t piece) {
    seal(plaintext);
    to_server(piece);
  }
  void ask(const Octets& message) { send(framed(message), SIZE_MAX); }
  void say_goodbye() {
    tls_.close(sink_);
    to_server(SIZE_MAX);
  }
  void raw_to_server(OctetView octets) {
    if (awake(worker_.now)) session->on_data(octets, worker_.now);
  }
  /// The records of octets of DNS, for raw_to_server().
  [[nodiscard]] Octets sealed(const Octets& plaintext) {
    seal(plaintext);
    return std::exchange(sink_.ciphertext, {});
  }
  /// Reads what was sent; the messages that came with it.
  std::vector<Octets> read() {
    from_server();
    const auto messages = unframed(sink_.plaintext);
    std::size_t used = 0;
    for (const auto& message : messages) used += 2 + message.size();
    sink_.plaintext.erase(sink_.plaintext.begin(),
                          sink_.plaintext.begin() + static_cast<std::ptrdiff_t>(used));
    return messages;
  }
  /// The client reads again what it did not.
  void unstall() {
    stalled = false;
    unsent = 0;
    session->on_sent();
  }
  [[nodiscard]] tlsext::ClientSession& tls() { return tls_; }

  // ClientTransport
  std::size_t waiting() const override { return unsent; }
  std::size_t send(server::ByteView octets) override {
    ++writes;
    misused = misused || closed || octets.empty();
    wire_.insert(wire_.end(), octets.begin(), octets.end());
    if (!stalled) return 0;
    unsent += octets.size();
    return octets.size();
  }
  void session_idle() override { put_to_sleep(); }
  void set_reading(bool on) override {
    misused = misused || closed || on == reading;
    reading = on;
  }
  void close(server::CloseMode how) override {
    misused = misused || closed;
    closed = true;
    mode = how;
  }

  bool stalled = false;    ///< the kernel takes nothing
  std::size_t unsent = 0;  ///< of what was sent while it was
  bool reading = true;
  bool closed = false;
  bool misused = false;
  server::CloseMode mode{};
  std::size_t writes = 0;

 private:
  static tlsext::ClientSession make_tls(tlsext::ClientContext& context,
                                        std::shared_ptr<const tlsext::Bytes> ticket) {
    tlsext::ClientRequest request;
    request.resumption = std::move(ticket);
    request.server_name = "dot.example.net";
    return must(tlsext::ClientSession::connect(context, std::move(request)));
  }
  void seal(const Octets& plaintext) {
    must(tls_.send(plaintext, sink_).has_value(), "the client cannot send");
  }
  void to_server(std::size_t piece) {
    const Octets octets = std::exchange(sink_.ciphertext, {});
    OctetView left = octets;
    while (!left.empty()) {
      const auto part = left.first(std::min(piece, left.size()));
      left = left.subspan(part.size());
      raw_to_server(part);
    }
  }
  void from_server() {
    const Octets octets = std::exchange(wire_, {});
    if (octets.empty()) return;
    must(tls_.receive(octets, sink_).has_value(), "the client's TLS has failed");
  }

  WorkerFixture& worker_;
  std::shared_ptr<tlsext::ClientContext> context_;
  tlsext::ClientSession tls_;
  CollectingSink sink_;
  Octets wire_;
};

}  // namespace mooring::test
