// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "e2e/running_server.hpp"
#include "support/openssl_dot_client.hpp"

namespace mooring::test {

/// A service of the real mooringd that goes on through upgrades: one process after another. What
/// they log is all in one place.
class UpgradedServer {
 public:
  /// As RunningServer; `more` goes on after [control].
  explicit UpgradedServer(std::uint16_t upstream, const std::string& more = "");
  /// Kills all of its processes.
  ~UpgradedServer();
  UpgradedServer(const UpgradedServer&) = delete;
  UpgradedServer& operator=(const UpgradedServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return server_.port(); }
  [[nodiscard]] std::string socket() const { return server_.files().path("control"); }
  [[nodiscard]] std::string log() { return server_.process().output(); }
  [[nodiscard]] bool logs(const std::string& text, std::size_t times = 1,
                          std::chrono::milliseconds wait = std::chrono::seconds(10)) {
    return server_.process().prints(text, times, wait);
  }
  /// Another configuration, for the next process.
  void configure(std::uint16_t upstream, const std::string& more) const;
  void write_config(const std::string& text) const { write_config("mooring.toml", text); }
  void write_config(const std::string& name, const std::string& text) const {
    server_.files().write(name, text);
  }
  /// Of a file beside the configuration.
  [[nodiscard]] std::string path(const std::string& name) const {
    return server_.files().path(name);
  }
  [[nodiscard]] std::string config_path() const { return server_.config_path(); }

  /// `mooring ctl upgrade`: its exit status, and what it said.
  struct Told {
    int status = -1;
    std::string said;
  };
  Told upgrade(const std::vector<std::string>& options = {});
  /// The process that serves now.
  [[nodiscard]] pid_t pid() const { return all_.back(); }
  /// One that the test has started itself serves now.
  void succeeded_by(pid_t pid) { all_.push_back(pid); }
  void signal(int number) const;
  /// How a process of this service has ended: as Process::wait().
  [[nodiscard]] std::optional<int> end_of(
      pid_t pid, std::chrono::milliseconds wait = std::chrono::seconds(10));
  /// The value of a counter, as the process that serves logs it.
  [[nodiscard]] std::uint64_t counter(const std::string& group, const std::string& name);

 private:
  RunningServer server_;
  std::vector<pid_t> all_;  ///< in the order in which they served
};

/// Asks a question of this ID, and whether the answer is that of TcpUpstream::answer.
[[nodiscard]] bool gets_an_answer(OpensslDotClient& client, std::uint16_t id);

}  // namespace mooring::test
