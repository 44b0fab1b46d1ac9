// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>

#include "server/control/request.hpp"
#include "server/control/unix_socket.hpp"
#include "server/io/loop.hpp"

namespace mooring::server {

/// A request, with the connection that it came by: whoever has it answers and closes it.
struct Asked {
  Request request;
  OwnedFd connection;
  PeerProcess peer;
};

/// Takes requests at a UNIX socket from processes of the same user and of root.
class ControlSocket {
 public:
  struct Handlers {
    std::function<void(Asked asked)> asked;
    /// Somebody was turned away: why, one line. He has been told, unless he is another user.
    std::function<void(const std::string& why)> refused;
  };

  /// `listening` is what listen_at() gave, in whatever process. `loop` must outlive this.
  /// May throw std::runtime_error.
  ControlSocket(Loop& loop, OwnedFd listening, Handlers handlers);
  ~ControlSocket();

  [[nodiscard]] const OwnedFd& descriptor() const { return listening_; }

 private:
  struct Waiting;
  void accept();
  void read(Waiting& from);
  void end_turn();
  void settle(Waiting& done);

  Loop& loop_;
  OwnedFd listening_;
  Handlers handlers_;
  std::list<Waiting> waiting_;
  std::unique_ptr<Timer> timer_;  ///< for what has come whole, and for what is late
  std::unique_ptr<Watch> watch_;
};

}  // namespace mooring::server
