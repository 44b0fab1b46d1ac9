// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "server/io/loop.hpp"

namespace mooring::server {

/// Gives the free memory of the heap back to the kernel; thread safe.
void trim_heap();

/// Sees to it that what sessions no longer need when they have fallen asleep leaves the process:
/// looks once a second whether enough have since the last time. Off the workers' threads, because
/// it takes 0.2 to 0.3 ms for each megabyte.
class HeapTrim {
 public:
  /// `slept` tells how many times a session has fallen asleep; `loop` must outlive this.
  HeapTrim(Loop& loop, std::function<std::uint64_t()> slept,
           std::function<void()> trim = trim_heap);

 private:
  void look();

  Loop& loop_;
  std::function<std::uint64_t()> slept_;
  std::function<void()> trim_;
  std::uint64_t seen_ = 0;  ///< of slept_(), when the heap was trimmed last
  std::unique_ptr<Timer> timer_;
};

}  // namespace mooring::server
