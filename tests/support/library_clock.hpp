// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>

namespace mooring::test {

/// Lets the clock that wolfSSL reads go ahead of the real one for as long as it lives. The program
/// has to be linked with library_clock.cpp and "-Wl,--wrap=time,--wrap=gettimeofday".
class LibraryClockAhead {
 public:
  explicit LibraryClockAhead(std::chrono::seconds by);
  ~LibraryClockAhead();
  LibraryClockAhead(const LibraryClockAhead&) = delete;
  LibraryClockAhead& operator=(const LibraryClockAhead&) = delete;
};

}  // namespace mooring::test
