// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "tlsext/base/types.hpp"

namespace mooring::tlsext {

class SecretSlot;

/// Memory for keys, in slots of one size: it is left out of core dumps, not given to child
/// processes, and wiped when a slot is given back. It grows by a slab when no slot is free and
/// keeps what it has. Used by one thread; it must outlive its slots.
class SecretMemory {
 public:
  /// Enough for the keys of any session that we offer.
  static constexpr std::size_t kSlotSize = 208;

  SecretMemory() = default;
  ~SecretMemory();
  SecretMemory(const SecretMemory&) = delete;
  SecretMemory& operator=(const SecretMemory&) = delete;

  /// A slot full of zeros; an empty one when there is no memory.
  [[nodiscard]] SecretSlot take();
  /// Slots that are in use.
  [[nodiscard]] std::size_t used() const { return used_; }

 private:
  friend class SecretSlot;
  void give_back(std::byte* slot) noexcept;
  [[nodiscard]] bool grow();

  std::vector<std::byte*> slabs_;
  std::byte* free_ = nullptr;  ///< the first free slot, whose first octets point to the next
  std::size_t used_ = 0;
};

/// Owns one slot, or none.
class SecretSlot {
 public:
  SecretSlot() = default;
  SecretSlot(SecretSlot&& other) noexcept
      : memory_(other.memory_), octets_(std::exchange(other.octets_, nullptr)) {}
  SecretSlot& operator=(SecretSlot&& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(octets_, other.octets_);
    return *this;
  }
  ~SecretSlot() {
    if (octets_ != nullptr) memory_->give_back(octets_);
  }

  [[nodiscard]] explicit operator bool() const { return octets_ != nullptr; }
  [[nodiscard]] std::byte* data() const { return octets_; }

 private:
  friend class SecretMemory;
  SecretSlot(SecretMemory& memory, std::byte* octets) : memory_(&memory), octets_(octets) {}

  SecretMemory* memory_ = nullptr;
  std::byte* octets_ = nullptr;
};

}  // namespace mooring::tlsext
