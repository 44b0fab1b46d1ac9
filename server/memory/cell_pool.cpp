// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/memory/cell_pool.hpp"

#include <sanitizer/asan_interface.h>
#include <sys/mman.h>

#include <cassert>
#include <cstdint>
#include <cstring>
#include <new>

namespace mooring::server {

namespace {

/// Of a slab, and its alignment: the slab of a cell is found by the cell's address.
constexpr std::size_t kSlabSize = 64U << 10U;
constexpr std::size_t kAlign = alignof(std::max_align_t);

std::byte* map_aligned() {
  void* const mapped =
      mmap(nullptr, 2 * kSlabSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  auto* const all = static_cast<std::byte*>(mapped);
  const std::size_t before = -reinterpret_cast<std::uintptr_t>(all) % kSlabSize;
  if (before != 0) munmap(all, before);
  munmap(all + before + kSlabSize, kSlabSize - before);
  return all + before;
}

}  // namespace

/// At the start of its 64 kB; cells follow.
struct CellPool::Slab : ListHook<Slab> {
  explicit Slab(CellPool& owner, std::size_t cell) : pool(owner), cell_size(cell) {}
  [[nodiscard]] std::byte* start() { return reinterpret_cast<std::byte*>(this); }

  CellPool& pool;
  const std::size_t cell_size;
  std::byte* free = nullptr;  ///< a cell that was given back; its first octets point to the next
  std::size_t fresh = (sizeof(Slab) + kAlign - 1) / kAlign * kAlign;  ///< never used from here on
  std::size_t used = 0;

  [[nodiscard]] bool full() const { return free == nullptr && fresh + cell_size > kSlabSize; }
  [[nodiscard]] std::byte* take() {
    ++used;
    std::byte* const cell = free != nullptr ? free : start() + fresh;
    ASAN_UNPOISON_MEMORY_REGION(cell, cell_size);
    if (free != nullptr) {
      std::memcpy(&free, cell, sizeof free);
    } else {
      fresh += cell_size;
    }
    return cell;
  }
  void give_back(std::byte* cell) {
    --used;
    std::memcpy(cell, &free, sizeof free);
    free = cell;
    ASAN_POISON_MEMORY_REGION(cell, cell_size);
  }
};

CellPool::~CellPool() {
  assert(used_ == 0);
  while (Slab* const slab = free_.front()) free_slab(slab);
}

void* CellPool::take(std::size_t size) {
  Slab* slab = free_.front();
  if (slab == nullptr) slab = grow(size);
  assert(size <= slab->cell_size);
  void* const cell = slab->take();
  ++used_;
  if (slab->full()) slab->unlink();
  return cell;
}

void CellPool::give_back(void* cell) noexcept {
  if (cell == nullptr) return;
  const auto within = reinterpret_cast<std::uintptr_t>(cell) % kSlabSize;
  auto* const octets = static_cast<std::byte*>(cell);
  Slab* const slab = std::launder(reinterpret_cast<Slab*>(octets - within));
  slab->give_back(octets);
  CellPool& pool = slab->pool;
  --pool.used_;
  if (slab->used != 0 && slab->linked()) return;
  slab->unlink();
  // One stays when there is no other free cell, or each next object could cost a new slab.
  if (slab->used == 0 && !pool.free_.empty()) return pool.free_slab(slab);
  pool.free_.push_front(*slab);
}

CellPool::Slab* CellPool::grow(std::size_t size) {
  const std::size_t cell = (size + kAlign - 1) / kAlign * kAlign;
  auto* const slab = new (map_aligned()) Slab(*this, cell);
  ASAN_POISON_MEMORY_REGION(slab->start() + slab->fresh, kSlabSize - slab->fresh);
  ++slabs_;
  free_.push_front(*slab);
  return slab;
}

void CellPool::free_slab(Slab* slab) noexcept {
  --slabs_;
  std::byte* const start = slab->start();
  slab->~Slab();
  ASAN_UNPOISON_MEMORY_REGION(start, kSlabSize);
  munmap(start, kSlabSize);
}

}  // namespace mooring::server
