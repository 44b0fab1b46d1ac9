// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/control/control_socket.hpp"
#include "server/io/loop.hpp"
#include "server/observe/log.hpp"
#include "server/ops/handing_over.hpp"

namespace mooring::server {

/// Another process takes this one's place, while all sessions go on: takes the commands that come
/// by the control socket, starts the successor when it is told to, and hands over to it.
class Upgrade {
 public:
  struct Service {
    /// Why there can be no successor now, one line; empty: there can.
    std::function<std::string()> obstacle;
    /// What a successor gets, but for the control socket and the revocation; without effect on the
    /// service. An error, one line: why there can be none.
    std::function<Result<Inheritance>()> inheritance;
    /// A successor is being offered that: done() or failed() of `handing_over` follows.
    std::function<void()> enter;
    HandingOver::Service handing_over;
    /// Sessions are to go to another host.
    std::function<void(Asked asked)> move = {};
  };
  /// What is started as successor.
  struct Program {
    std::string path;
    std::vector<std::string> arguments;
  };

  /// `loop` and `log` must outlive this.
  Upgrade(Loop& loop, Log& log, Program program, std::string version, Service service,
          HandingOver::Patience patience = {});
  ~Upgrade();

  /// Takes commands from here on. May throw std::runtime_error.
  void open(OwnedFd listening);
  /// Takes none any more.
  void close() { control_.reset(); }
  /// Takes commands, so that the control socket's file is this process's.
  [[nodiscard]] bool is_open() const { return control_ != nullptr; }

  /// Starts a successor. `asker` is told by an answer what came of it; it may be none.
  void start(OwnedFd asker);
  /// What Worker::give() is answered with.
  void on_given(std::size_t worker, std::vector<Parcel> parcels, const Remaining& remaining);
  /// The service ends: a successor, or a program that is to become one, is told to end as well.
  /// True: there was a hand-over, of which done() or failed() tells the end soon.
  [[nodiscard]] bool end(const std::string& why);

 private:
  void on_asked(Asked asked);
  void hand_over(Asked asked);
  [[nodiscard]] Result<Inheritance> inheritance(const Request& request) const;
  void on_child();
  void on_time();
  void on_done(const HandedOver& what);
  void on_failed(const std::string& why);
  void tell_failure(const std::string& why);
  void answer(const std::string& line);
  [[nodiscard]] std::string obstacle() const;
  [[nodiscard]] bool handing_over() const { return handing_over_ && handing_over_->going_on(); }

  Loop& loop_;
  Log& log_;
  const Program program_;
  const std::string version_;
  const Service service_;
  const HandingOver::Patience patience_;
  std::unique_ptr<ControlSocket> control_;
  std::unique_ptr<HandingOver> handing_over_;  ///< the last one; it may have ended
  OwnedFd asker_;
  std::vector<pid_t> children_;   ///< have been started, and have not ended
  std::optional<pid_t> awaited_;  ///< the one of them that is to connect
  std::unique_ptr<Signal> child_signal_;
  std::unique_ptr<Timer> timer_;
};

}  // namespace mooring::server
