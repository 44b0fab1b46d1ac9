// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace mooring::test {

/// A program that runs beside the test; what it prints, on either stream, is kept. It is killed
/// with this object if it still runs.
class Process {
 public:
  /// `arguments[0]` is the program's path. Throws when it cannot be started.
  explicit Process(std::vector<std::string> arguments);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] std::string output() const;
  /// Waits until `text` has been printed `times` times; false when it ends or takes longer before.
  [[nodiscard]] bool prints(const std::string& text, std::size_t times = 1,
                            std::chrono::milliseconds wait = std::chrono::seconds(10));
  void signal(int number) const;
  /// Its exit status once it has ended, 128 + the signal's number if one ended it; nothing when it
  /// still runs after `wait`.
  [[nodiscard]] std::optional<int> wait(std::chrono::milliseconds wait = std::chrono::seconds(10));
  /// Its resident memory in octets (VmRSS).
  [[nodiscard]] std::size_t resident_octets() const;

 private:
  void read_output(int fd);

  pid_t pid_ = -1;
  std::optional<int> status_;
  mutable std::mutex mutex_;
  std::condition_variable news_;
  std::string output_;
  bool ended_ = false;
  std::thread reader_;
};

}  // namespace mooring::test
