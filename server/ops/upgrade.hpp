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
    /// What a successor gets, but for the control socket and the revocation.
    std::function<Inheritance()> inheritance;
    HandingOver::Service handing_over;
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

  /// Starts a successor. `asker` is told by an answer what came of it; it may be none.
  void start(OwnedFd asker);
  /// What Worker::give() is answered with.
  void on_given(std::size_t worker, std::vector<Parcel> parcels, const Remaining& remaining);
  /// This process goes on, if it was handing over.
  void cancel(const std::string& why);

 private:
  void on_asked(Asked asked);
  void hand_over(Asked asked);
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
  std::optional<pid_t> child_;  ///< has been started, and has not ended
  bool awaited_ = false;        ///< it is to connect
  std::unique_ptr<Signal> child_signal_;
  std::unique_ptr<Timer> timer_;
};

}  // namespace mooring::server
