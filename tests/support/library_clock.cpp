// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/library_clock.hpp"

#include <sys/time.h>

#include <atomic>
#include <ctime>

namespace {

std::atomic<std::time_t> ahead = 0;

}  // namespace

// What the linker's --wrap makes of calls to time() and gettimeofday(): here they come, as __wrap_,
// and the C library's own are called __real_.
extern "C" {

std::time_t __real_time(std::time_t* now);
int __real_gettimeofday(timeval* now, void* zone);

std::time_t __wrap_time(std::time_t* now) {
  const std::time_t moved = __real_time(nullptr) + ahead;
  if (now != nullptr) *now = moved;
  return moved;
}

int __wrap_gettimeofday(timeval* now, void* zone) {
  const int result = __real_gettimeofday(now, zone);
  now->tv_sec += ahead;
  return result;
}

}  // extern "C"

namespace mooring::test {

LibraryClockAhead::LibraryClockAhead(std::chrono::seconds by) {
  ahead = by.count();
}
LibraryClockAhead::~LibraryClockAhead() {
  ahead = 0;
}

}  // namespace mooring::test
