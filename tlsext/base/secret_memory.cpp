// SPDX-License-Identifier: GPL-3.0-or-later
#include "tlsext/base/secret_memory.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>

namespace mooring::tlsext {

namespace {

constexpr std::size_t kSlabSize = 64U << 10U;

}  // namespace

SecretMemory::~SecretMemory() {
  for (std::byte* slab : slabs_) {
    explicit_bzero(slab, kSlabSize);
    munmap(slab, kSlabSize);
  }
}

SecretSlot SecretMemory::take() {
  if (free_ == nullptr && !grow()) return {};
  std::byte* const slot = free_;
  std::memcpy(&free_, slot, sizeof(free_));
  std::fill_n(slot, sizeof(free_), std::byte{});
  ++used_;
  return {*this, slot};
}

void SecretMemory::give_back(std::byte* slot) noexcept {
  explicit_bzero(slot, kSlotSize);
  std::memcpy(slot, &free_, sizeof(free_));
  free_ = slot;
  --used_;
}

bool SecretMemory::grow() {
  void* const mapped =
      mmap(nullptr, kSlabSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return false;
  madvise(mapped, kSlabSize, MADV_DONTDUMP);
  madvise(mapped, kSlabSize, MADV_DONTFORK);
  auto* const slab = static_cast<std::byte*>(mapped);
  slabs_.push_back(slab);
  for (std::size_t at = 0; at + kSlotSize <= kSlabSize; at += kSlotSize) {
    std::memcpy(slab + at, &free_, sizeof(free_));
    free_ = slab + at;
  }
  return true;
}

}  // namespace mooring::tlsext
