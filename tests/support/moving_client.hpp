// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/dns_messages.hpp"
#include "support/fake_io.hpp"
#include "support/tls_fixture.hpp"

namespace mooring::test {

/// A TXT record with so many octets of data.
inline Octets text_of(std::size_t octets) {
  return MessageWriter()
      .u8(0)
      .u16(16)
      .u16(1)
      .u32(300)
      .u16(static_cast<unsigned>(octets))
      .fill(octets);
}

/// A DoT client at the far end of a connection that goes from worker to worker.
class MovingClient {
 public:
  explicit MovingClient(std::shared_ptr<FakePeer> at,
                        tlsext::Version version = tlsext::Version::tls13)
      : peer(std::move(at)),
        context_(client_context(version)),
        tls_(must(tlsext::ClientSession::connect(*context_, request()))) {
    REQUIRE(tls_.start(sink_));
  }

  void ask(const Octets& message) { REQUIRE(tls_.send(framed(message), sink_)); }
  /// Has so many octets of what it has said arrive.
  void send(std::size_t most = SIZE_MAX) {
    const std::size_t count = std::min(most, sink_.ciphertext.size());
    if (count == 0) return;
    peer->send({reinterpret_cast<const char*>(sink_.ciphertext.data()), count});
    sink_.ciphertext.erase(sink_.ciphertext.begin(),
                           sink_.ciphertext.begin() + static_cast<std::ptrdiff_t>(count));
  }
  void read() {
    const std::string in = std::exchange(peer->sent, {});
    if (!in.empty()) REQUIRE(tls_.receive(bytes_of(in), sink_));
  }
  /// Carries octets both ways until there are none.
  void run(FakeLoop& loop) {
    for (int rounds = 0; rounds < 6; ++rounds) {
      send();
      loop.turn();
      read();
    }
  }
  /// The messages that have come since this was asked last.
  [[nodiscard]] std::vector<Octets> messages() {
    std::vector<Octets> all = unframed(sink_.plaintext);
    for (const Octets& one : all) {
      sink_.plaintext.erase(sink_.plaintext.begin(),
                            sink_.plaintext.begin() + static_cast<std::ptrdiff_t>(one.size() + 2));
    }
    return all;
  }
  [[nodiscard]] std::vector<unsigned> ids() {
    std::vector<unsigned> out;
    for (const Octets& one : messages()) out.push_back(id_of(one));
    return out;
  }
  [[nodiscard]] std::size_t unsent() const { return sink_.ciphertext.size(); }
  [[nodiscard]] tlsext::SessionState state() const { return tls_.state(); }
  void close() { tls_.close(sink_); }

  std::shared_ptr<FakePeer> peer;

 private:
  static tlsext::ClientRequest request() {
    tlsext::ClientRequest out;
    out.server_name = kName;
    return out;
  }

  std::shared_ptr<tlsext::ClientContext> context_;
  tlsext::ClientSession tls_;
  CollectingSink sink_;
};

}  // namespace mooring::test
