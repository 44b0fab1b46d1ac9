// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/dns_messages.hpp"
#include "support/fake_io.hpp"
#include "support/tls_fixture.hpp"

namespace mooring::test {

/// A client's TLS at the other end of a stream that the test holds.
class LoopClient {
 public:
  /// `loop` must outlive it.
  LoopClient(FakeLoop& loop, std::shared_ptr<FakePeer> peer)
      : loop_(loop),
        peer_(std::move(peer)),
        context_(client_context()),
        tls_(must(tlsext::ClientSession::connect(*context_, request()))) {
    REQUIRE(tls_.start(sink_));
  }

  /// Carries octets both ways until there are none.
  void run() {
    for (int rounds = 0; rounds < 8; ++rounds) {
      const tlsext::Bytes out = std::exchange(sink_.ciphertext, {});
      if (!out.empty()) peer_->send({reinterpret_cast<const char*>(out.data()), out.size()});
      loop_.turn();
      const std::string in = std::exchange(peer_->sent, {});
      if (!in.empty()) REQUIRE(tls_.receive(bytes_of(in), sink_));
    }
  }
  void ask(const Octets& message) { REQUIRE(tls_.send(framed(message), sink_)); }
  [[nodiscard]] std::vector<Octets> messages() const { return unframed(sink_.plaintext); }
  [[nodiscard]] tlsext::SessionState state() const { return tls_.state(); }
  [[nodiscard]] bool open() const { return state() == tlsext::SessionState::open; }

 private:
  static tlsext::ClientRequest request() {
    tlsext::ClientRequest out;
    out.server_name = kName;
    return out;
  }

  FakeLoop& loop_;
  std::shared_ptr<FakePeer> peer_;
  std::shared_ptr<tlsext::ClientContext> context_;
  tlsext::ClientSession tls_;
  CollectingSink sink_;
};

}  // namespace mooring::test
