// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

#include "server/bytes.hpp"

namespace mooring::server {

class BufferPool;

/// Octets that grow at the end and are used up from the front. Holds memory only while it is not
/// empty: the memory goes back to the pool, which must live longer.
class Buffer {
 public:
  explicit Buffer(BufferPool& pool) : pool_(&pool) {}
  ~Buffer() { clear(); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  [[nodiscard]] bool empty() const { return begin_ == end_; }
  [[nodiscard]] std::size_t size() const { return end_ - begin_; }
  /// Valid until the buffer is changed.
  [[nodiscard]] ByteView view() const { return {data_.get() + begin_, size()}; }

  /// Appends `count` octets for the caller to fill; a null view when the pool's bound is reached,
  /// and then nothing has changed. `count` is at least 1.
  [[nodiscard]] std::byte* extend(std::size_t count) {
    if (capacity_ - end_ < count && !grow(count)) return nullptr;
    std::byte* const place = data_.get() + end_;
    end_ += count;
    return place;
  }
  /// Appends a copy; false when the pool's bound is reached, and then nothing has changed.
  [[nodiscard]] bool append(ByteView octets);
  /// Takes the last `count` octets away again.
  void shrink(std::size_t count);
  /// Uses up `count` octets at the front.
  void consume(std::size_t count);
  void clear();

 private:
  [[nodiscard]] bool grow(std::size_t count);

  BufferPool* pool_;
  std::unique_ptr<std::byte[]> data_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

/// Memory for the buffers of one worker, bounded in total; freed pieces of usual sizes are kept for
/// use again, so that a busy worker does not allocate.
class BufferPool {
 public:
  /// `max_octets` bounds the memory of all buffers in use together.
  explicit BufferPool(std::size_t max_octets) : max_octets_(max_octets) {}
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  void set_max(std::size_t max_octets) { max_octets_ = max_octets; }
  /// In use by buffers that are not empty.
  [[nodiscard]] std::size_t octets_in_use() const { return in_use_; }

 private:
  friend class Buffer;
  struct Piece {
    std::unique_ptr<std::byte[]> data;
    std::size_t capacity = 0;
  };
  /// A piece of at least `capacity` octets, which counts as used; none when that is too much.
  [[nodiscard]] Piece take(std::size_t capacity);
  void give_back(Piece piece);

  static constexpr std::size_t kSmallest = 1024;
  static constexpr std::size_t kSizes = 5;  ///< kept: kSmallest, twice, four times as much, ...

  std::size_t max_octets_;
  std::size_t in_use_ = 0;
  std::array<std::vector<std::unique_ptr<std::byte[]>>, kSizes> spare_;  ///< by size
};

}  // namespace mooring::server
