// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>

namespace mooring::test {

/// Stands between a successor and its predecessor: passes on what they tell each other, with
/// descriptors, and does something at a moment that is counted in octets.
class TakeOverRelay {
 public:
  /// The successor connects at `path`, the predecessor listens at `to`. When `octets` have been
  /// passed on, in both directions together, `then` is called once.
  TakeOverRelay(const std::string& path, std::string to, std::size_t octets,
                std::function<void()> then);
  /// Closes both connections, if they are still there.
  ~TakeOverRelay();
  TakeOverRelay(const TakeOverRelay&) = delete;
  TakeOverRelay& operator=(const TakeOverRelay&) = delete;

  [[nodiscard]] std::size_t octets() const { return octets_; }
  /// Both sides are gone.
  [[nodiscard]] bool over() const { return over_; }

 private:
  void run();
  [[nodiscard]] bool pass(int from, int to);

  const std::string to_;
  const std::size_t moment_;
  const std::function<void()> then_;
  int listener_ = -1;
  std::atomic<std::size_t> octets_ = 0;
  std::atomic<bool> over_ = false;
  std::atomic<bool> stopping_ = false;
  bool called_ = false;
  std::thread thread_;
};

}  // namespace mooring::test
