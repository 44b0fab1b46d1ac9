// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/memory/buffer_pool.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace mooring::server {
namespace {

constexpr std::size_t kSpares = 64;  // of each size: one megabyte of the largest
/// What any client may leave incomplete while there is memory at all: more than queries need.
constexpr std::size_t kSmallMessage = 4096;
/// 65535 octets and their prefix, rounded up.
constexpr std::size_t kLargestMessage = 65U << 10U;

}  // namespace

bool Buffer::append(ByteView octets) {
  if (octets.empty()) return true;
  std::byte* const place = extend(octets.size());
  if (place == nullptr) return false;
  std::memcpy(place, octets.data(), octets.size());
  return true;
}

void Buffer::shrink(std::size_t count) {
  end_ -= static_cast<std::uint32_t>(std::min(count, size()));
  if (empty()) clear();
}

void Buffer::consume(std::size_t count) {
  begin_ += static_cast<std::uint32_t>(std::min(count, size()));
  if (empty()) clear();
}

void Buffer::clear() {
  if (data_ != nullptr) pool_->give_back({std::move(data_), capacity_});
  capacity_ = begin_ = end_ = 0;
}

bool Buffer::grow(std::size_t count) {
  const std::size_t used = size();
  if (begin_ >= count && begin_ >= used) {  // half or more is used up: move instead
    std::memmove(data_.get(), data_.get() + begin_, used);
    begin_ = 0;
    end_ = static_cast<std::uint32_t>(used);
    return true;
  }
  auto piece = pool_->take(used + count, *this);
  if (piece.data == nullptr) return false;
  if (used != 0) std::memcpy(piece.data.get(), data_.get() + begin_, used);
  clear();
  data_ = std::move(piece.data);
  capacity_ = static_cast<std::uint32_t>(piece.capacity);
  end_ = static_cast<std::uint32_t>(used);
  return true;
}

bool BufferPool::least_use(std::size_t octets, BufferUse use) {
  return use == BufferUse::unproven && octets > kSmallMessage;
}

std::size_t BufferPool::limit(std::size_t octets, BufferUse use) const {
  if (use == BufferUse::outgoing) return max_octets_;
  if (least_use(octets, use)) return max_octets_ / 4;
  return max_octets_ - max_octets_ / 4;
}

std::size_t BufferPool::size_class(std::size_t capacity) {
  return static_cast<std::size_t>(std::bit_width(capacity / kSmallest)) - 1;
}

BufferPool::Piece BufferPool::take(std::size_t octets, const Buffer& asking) {
  Piece piece{nullptr, std::bit_ceil(std::max(octets, kSmallest))};
  // What a whole message of the greatest size needs is just above a power of two.
  if (octets <= kLargestMessage) piece.capacity = std::min(piece.capacity, kLargestMessage);
  const std::size_t limit = this->limit(piece.capacity, asking.use());
  // An answer is on its way to somebody who reads, as a rule: whoever holds memory gives way to it.
  const std::size_t least = asking.use() == BufferUse::outgoing ? 0 : piece.capacity;
  while (in_use_ + piece.capacity > limit) {
    if (holders_ == nullptr || !holders_->reclaim(asking, least)) return {};
  }
  const std::size_t size = size_class(piece.capacity);
  if (size < kSizes && !spare_[size].empty()) {
    piece.data = std::move(spare_[size].back());
    spare_[size].pop_back();
  } else {
    piece.data = std::make_unique_for_overwrite<std::byte[]>(piece.capacity);
  }
  in_use_ += piece.capacity;
  return piece;
}

void BufferPool::give_back(Piece piece) {
  in_use_ -= piece.capacity;
  const std::size_t size = size_class(piece.capacity);
  if (size < kSizes && spare_[size].size() < kSpares) {
    spare_[size].push_back(std::move(piece.data));
  }
}

void BufferPool::charge(std::size_t octets, const Buffer& whose) {
  in_use_ += octets;
  while (in_use_ > max_octets_ && holders_ != nullptr && holders_->reclaim(whose, octets)) {
  }
}

}  // namespace mooring::server
