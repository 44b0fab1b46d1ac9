// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

#include "support/tcp_peer.hpp"

namespace mooring::test {

/// A resolver on a port of 127.0.0.1 that does what a script says, also what no resolver should.
class TcpUpstream {
 public:
  /// One connection, and how many queries it has had.
  struct Connection {
    const TcpPeer& peer;
    std::size_t number;       ///< of all connections, counted from 0
    std::size_t queries = 0;  ///< this one included
    bool close = false;       ///< set by the script: close now
  };
  /// Is called with each query, without its length prefix, on the connection's thread.
  using Script = std::function<void(Connection&, const Octets& query)>;

  /// Listens; `port` 0 takes any.
  explicit TcpUpstream(Script script, std::uint16_t port = 0);
  /// Closes everything.
  ~TcpUpstream();
  TcpUpstream(const TcpUpstream&) = delete;
  TcpUpstream& operator=(const TcpUpstream&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::size_t connections() const { return connections_; }
  [[nodiscard]] std::size_t queries() const { return queries_; }
  /// False when fewer than `count` queries have come after `wait`.
  [[nodiscard]] bool has_had(std::size_t count,
                             std::chrono::milliseconds wait = std::chrono::seconds(10));

  /// Answers every query at once, and well.
  static void answer(Connection& connection, const Octets& query);

 private:
  void accept();
  void serve(TcpPeer peer, std::size_t number);

  Script script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::size_t> connections_ = 0;
  std::atomic<std::size_t> queries_ = 0;
  std::mutex mutex_;
  std::condition_variable news_;
  std::list<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace mooring::test
