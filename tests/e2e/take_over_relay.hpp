// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <thread>

namespace mooring::test {

/// Where one side is in what it says: a line, then frames with a header of eight octets.
/// Descriptors come with a frame's first octet, and must be passed on with it: what is read at once
/// may not begin before it.
class SpokenSoFar {
 public:
  /// Octets that may be read at once.
  [[nodiscard]] std::size_t most() const;
  void add(const char* octets, std::size_t count);

 private:
  bool in_line_ = true;
  std::array<unsigned char, 8> header_{};
  std::size_t have_ = 0;  ///< of the header
  std::size_t body_ = 0;  ///< still to come
};

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
  [[nodiscard]] bool pass(int from, int to, SpokenSoFar& spoken);

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
