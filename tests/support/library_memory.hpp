// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>

namespace mooring::test {

/// wolfSSL's allocations for as long as it lives: one of them fails, all are counted. One at a
/// time, and only while no other thread uses wolfSSL.
class LibraryMemory {
 public:
  /// The first one is number 0.
  explicit LibraryMemory(std::size_t failing);
  ~LibraryMemory();
  LibraryMemory(const LibraryMemory&) = delete;
  LibraryMemory& operator=(const LibraryMemory&) = delete;

  /// Whether it has come to the one that fails.
  [[nodiscard]] bool failed() const;
  /// Pieces that were allocated since it lives and are not freed.
  [[nodiscard]] std::size_t live() const;
};

}  // namespace mooring::test
