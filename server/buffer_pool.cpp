// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/buffer_pool.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace mooring::server {
namespace {

constexpr std::size_t kSpares = 64;  // of each size: one megabyte of the largest

}  // namespace

bool Buffer::append(ByteView octets) {
  if (octets.empty()) return true;
  std::byte* const place = extend(octets.size());
  if (place == nullptr) return false;
  std::memcpy(place, octets.data(), octets.size());
  return true;
}

void Buffer::shrink(std::size_t count) {
  end_ -= std::min(count, size());
  if (empty()) clear();
}

void Buffer::consume(std::size_t count) {
  begin_ += std::min(count, size());
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
    end_ = used;
    return true;
  }
  auto piece = pool_->take(used + count);
  if (piece.data == nullptr) return false;
  if (used != 0) std::memcpy(piece.data.get(), data_.get() + begin_, used);
  clear();
  data_ = std::move(piece.data);
  capacity_ = piece.capacity;
  end_ = used;
  return true;
}

BufferPool::Piece BufferPool::take(std::size_t capacity) {
  Piece piece{nullptr, std::bit_ceil(std::max(capacity, kSmallest))};
  if (in_use_ + piece.capacity > max_octets_) return {};
  const auto size = static_cast<std::size_t>(std::countr_zero(piece.capacity / kSmallest));
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
  const auto size = static_cast<std::size_t>(std::countr_zero(piece.capacity / kSmallest));
  if (size < kSizes && spare_[size].size() < kSpares) {
    spare_[size].push_back(std::move(piece.data));
  }
}

}  // namespace mooring::server
