// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "server/io/listening_sockets.hpp"

namespace mooring::server {

/// The addresses that the service listens on, from the moment at which they are bound.
class Listening {
 public:
  /// Whoever takes connections at an address, and ceases to.
  struct Takers {
    std::function<void(const ListeningSockets& at)> listen;
    std::function<void(const Endpoint& bound)> stop_listening;
  };

  explicit Listening(Takers takers) : takers_(std::move(takers)) {}

  /// Gets a socket for each of `workers` at least at each of the addresses: those of `inherited`,
  /// which listen already, and others. Nobody is let in before open().
  [[nodiscard]] Result<void> bind(const std::vector<Endpoint>& addresses, unsigned workers,
                                  std::vector<ListeningSockets> inherited = {});
  /// Lets clients in, at most `backlog` waiting at each socket.
  [[nodiscard]] Result<void> open(int backlog);

  /// Has nobody take connections; those that come wait until there is somebody again, here or in
  /// another process that has copies() of the sockets.
  void pause();
  /// Ends the pause, if there is one.
  void go_on();
  /// Of all sockets. An error, one line, when one cannot be copied.
  [[nodiscard]] Result<std::vector<ListeningSockets>> copies() const;
  /// Nobody is let in any more, and nobody waits: unless another process has copies(), the
  /// addresses are free.
  void close();

  /// Gets all of `wanted` that is not there, or changes nothing.
  [[nodiscard]] Result<std::vector<ListeningSockets>> prepare(const std::vector<Endpoint>& wanted,
                                                              unsigned workers, int backlog) const;
  /// Closes what is not `wanted` any more and adds what prepare() gave.
  void change(const std::vector<Endpoint>& wanted, std::vector<ListeningSockets> added);

  /// Where they are bound, with commas between, for the log.
  [[nodiscard]] std::string text() const { return addresses(all_); }

 private:
  Takers takers_;
  std::vector<ListeningSockets> all_;
  bool open_ = false;
  bool paused_ = false;
};

}  // namespace mooring::server
