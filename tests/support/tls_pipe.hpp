// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tlsext/client/session.hpp"
#include "tlsext/server/session.hpp"

namespace mooring::test {

/// Keeps what a session gives.
struct CollectingSink final : tlsext::SessionSink {
  tlsext::Bytes ciphertext;  ///< not yet taken to the peer
  tlsext::Bytes plaintext;
  std::size_t writes = 0;  ///< calls of on_ciphertext

  void on_ciphertext(tlsext::ByteView octets) override {
    ++writes;
    ciphertext.insert(ciphertext.end(), octets.begin(), octets.end());
  }
  void on_plaintext(tlsext::ByteView octets) override {
    plaintext.insert(plaintext.end(), octets.begin(), octets.end());
  }
  [[nodiscard]] std::string text() const {
    return {reinterpret_cast<const char*>(plaintext.data()), plaintext.size()};
  }
};

[[nodiscard]] inline tlsext::ByteView bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

/// Gives `octets` to a session in pieces of at most `piece` octets.
[[nodiscard]] inline tlsext::Result<void> feed(tlsext::Session& session, tlsext::ByteView octets,
                                               CollectingSink& sink, std::size_t piece) {
  while (!octets.empty()) {
    const tlsext::ByteView part = octets.first(std::min(piece, octets.size()));
    octets = octets.subspan(part.size());
    if (auto taken = session.receive(part, sink); !taken) return taken;
  }
  return {};
}

/// A client's and a server's end, joined in memory.
template <class Client, class Server>
class SessionPipe {
 public:
  SessionPipe(Client client, Server server, std::size_t piece = SIZE_MAX)
      : client_(std::move(client)), server_(std::move(server)), piece_(piece) {}

  /// Carries octets both ways until neither side has any left. Stops at the first error of either
  /// side, which client_error() or server_error() then tells.
  void run() {
    if (!started_) {
      started_ = true;
      note(client_error_, client_.start(client_sink_));
    }
    while (!client_sink_.ciphertext.empty() || !server_sink_.ciphertext.empty()) {
      const tlsext::Bytes to_server = std::exchange(client_sink_.ciphertext, {});
      note(server_error_, feed(server_, to_server, server_sink_, piece_));
      const tlsext::Bytes to_client = std::exchange(server_sink_.ciphertext, {});
      note(client_error_, feed(client_, to_client, client_sink_, piece_));
      if (client_error_ && server_error_) return;
    }
  }

  [[nodiscard]] bool both_open() const {
    return client_.state() == tlsext::SessionState::open &&
           server_.state() == tlsext::SessionState::open;
  }
  [[nodiscard]] Client& client() { return client_; }
  [[nodiscard]] Server& server() { return server_; }
  [[nodiscard]] CollectingSink& client_sink() { return client_sink_; }
  [[nodiscard]] CollectingSink& server_sink() { return server_sink_; }
  [[nodiscard]] const std::optional<tlsext::Error>& client_error() const { return client_error_; }
  [[nodiscard]] const std::optional<tlsext::Error>& server_error() const { return server_error_; }

 private:
  static void note(std::optional<tlsext::Error>& first, const tlsext::Result<void>& result) {
    if (!result && !first) first = result.error();
  }

  Client client_;
  Server server_;
  std::size_t piece_;
  bool started_ = false;
  CollectingSink client_sink_;
  CollectingSink server_sink_;
  std::optional<tlsext::Error> client_error_;
  std::optional<tlsext::Error> server_error_;
};

using TlsPipe = SessionPipe<tlsext::ClientSession, tlsext::ServerSession>;

}  // namespace mooring::test
