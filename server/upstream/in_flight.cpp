// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/in_flight.hpp"

#include <algorithm>
#include <bit>

namespace mooring::server {

InFlight::InFlight(std::size_t limit)
    : slots_(std::bit_ceil(4 * limit)), mask_(slots_.size() - 1), limit_(limit) {}

std::size_t InFlight::slot_of(std::uint16_t id) const {
  std::size_t at = id & mask_;
  while (slots_[at].query != nullptr && slots_[at].id != id) at = (at + 1) & mask_;
  return at;
}

std::uint16_t InFlight::add(PendingQuery& query, MessageIds& ids) {
  std::uint16_t id = ids.next();
  std::size_t at = slot_of(id);
  while (slots_[at].query != nullptr) {
    id = ids.next();
    at = slot_of(id);
  }
  slots_[at] = {&query, id};
  ++size_;
  return id;
}

PendingQuery* InFlight::find(std::uint16_t id) const {
  return slots_[slot_of(id)].query;
}

void InFlight::remove(std::uint16_t id) {
  std::size_t hole = slot_of(id);
  if (slots_[hole].query == nullptr) return;
  --size_;
  // What was pushed behind the hole by it moves up, or a look-up would end at the hole.
  for (std::size_t at = (hole + 1) & mask_; slots_[at].query != nullptr; at = (at + 1) & mask_) {
    const std::size_t home = slots_[at].id & mask_;
    if (((at - home) & mask_) >= ((at - hole) & mask_)) {
      slots_[hole] = slots_[at];
      hole = at;
    }
  }
  slots_[hole].query = nullptr;
}

void InFlight::clear() {
  std::fill(slots_.begin(), slots_.end(), Slot{});
  size_ = 0;
}

}  // namespace mooring::server
