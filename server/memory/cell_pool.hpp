// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>

#include "server/memory/intrusive_list.hpp"

namespace mooring::server {

/// Memory for many objects of one type that live long, in slabs apart from the heap: what is
/// short-lived, freed around them, leaves no holes there and can go back to the kernel. Grows by a
/// slab when no cell is free; a slab of which no cell is in use goes back as well when others have
/// free cells. Used by one thread at a time; it must outlive its cells.
class CellPool {
 public:
  CellPool() = default;
  ~CellPool();
  CellPool(const CellPool&) = delete;
  CellPool& operator=(const CellPool&) = delete;

  /// A cell for an object of `size` octets, which is the same at each call and at most 4 kB. Throws
  /// std::bad_alloc.
  [[nodiscard]] void* take(std::size_t size);
  /// To the pool that it is from.
  static void give_back(void* cell) noexcept;

  [[nodiscard]] std::size_t cells_in_use() const { return used_; }
  [[nodiscard]] std::size_t slabs() const { return slabs_; }

 private:
  struct Slab;
  [[nodiscard]] Slab* grow(std::size_t size);
  void free_slab(Slab* slab) noexcept;

  List<Slab> free_;  ///< slabs with a free cell
  std::size_t used_ = 0;
  std::size_t slabs_ = 0;
};

/// Makes `new (pool) T(...)` take its memory from a CellPool, and delete give it back there; there
/// is no other way to make one on the heap.
class InCells {
 public:
  static void* operator new(std::size_t size, CellPool& pool) { return pool.take(size); }
  static void operator delete(void* cell) noexcept { CellPool::give_back(cell); }
  static void operator delete(void* cell, CellPool&) noexcept { CellPool::give_back(cell); }
};

}  // namespace mooring::server
