// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "server/base/bytes.hpp"

namespace mooring::server {

class BufferPool;

/// What a buffer is for, and so how much of the pool may be in use for it to get memory.
enum class BufferUse : std::uint8_t {
  unproven,  ///< messages of a client that has not sent a whole one yet
  incoming,  ///< messages of others
  outgoing,  ///< answers: all of it
};

/// Octets that grow at the end and are used up from the front. Holds memory only while it is not
/// empty: the memory goes back to the pool, which must live longer.
class Buffer {
 public:
  explicit Buffer(BufferPool& pool, BufferUse use = BufferUse::outgoing)
      : pool_(&pool), use_(use) {}
  ~Buffer() { clear(); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  [[nodiscard]] bool empty() const { return begin_ == end_; }
  [[nodiscard]] std::size_t size() const { return end_ - begin_; }
  /// Memory that it holds.
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] BufferUse use() const { return use_; }
  void set_use(BufferUse use) { use_ = use; }
  /// Valid until the buffer is changed.
  [[nodiscard]] ByteView view() const { return {data_.get() + begin_, size()}; }

  /// Appends `count` octets for the caller to fill; null when the pool has none for it, and then
  /// nothing has changed. `count` is at least 1, and the whole below 4 GiB.
  [[nodiscard]] std::byte* extend(std::size_t count) {
    if (capacity_ - end_ < count && !grow(count)) return nullptr;
    std::byte* const place = data_.get() + end_;
    end_ += static_cast<std::uint32_t>(count);
    return place;
  }
  /// Appends a copy; false when the pool has no memory for it, and then nothing has changed.
  [[nodiscard]] bool append(ByteView octets);
  /// A copy of what it holds: append() makes another one the same.
  [[nodiscard]] std::vector<std::byte> snapshot() const {
    const ByteView octets = view();
    return {octets.begin(), octets.end()};
  }
  /// Takes the last `count` octets away again.
  void shrink(std::size_t count);
  /// Uses up `count` octets at the front.
  void consume(std::size_t count);
  void clear();

 private:
  [[nodiscard]] bool grow(std::size_t count);

  BufferPool* pool_;
  std::unique_ptr<std::byte[]> data_;
  std::uint32_t capacity_ = 0;
  std::uint32_t begin_ = 0;
  std::uint32_t end_ = 0;
  BufferUse use_;
};

/// Who can give up memory when a pool has none left.
class MemoryHolders {
 public:
  /// `asking` needs memory. True: something was freed, though not by the owner of `asking`, nor by
  /// anybody who held less than about `least` octets. False: nobody is to give way to it.
  [[nodiscard]] virtual bool reclaim(const Buffer& asking, std::size_t least) = 0;

 protected:
  ~MemoryHolders() = default;
};

/// Memory for the buffers of one worker, bounded in total, with a reserve for answers: messages
/// that come get none of the last quarter, and those of unproven clients only from the first
/// quarter, but for small ones. Freed pieces of usual sizes are kept for use again, so that a busy
/// worker does not allocate.
class BufferPool {
 public:
  /// `max_octets` bounds the memory of all buffers in use together.
  explicit BufferPool(std::size_t max_octets) : max_octets_(max_octets) {}
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  /// Whom to ask when there is none left; must outlive the pool's use.
  void set_holders(MemoryHolders* holders) { holders_ = holders; }
  /// Whether `octets` for this use come from what is there for unproven clients only.
  [[nodiscard]] static bool least_use(std::size_t octets, BufferUse use);
  void set_max(std::size_t max_octets) { max_octets_ = max_octets; }
  /// Counts octets that somebody keeps elsewhere, on behalf of `whose`; others may have to go.
  void charge(std::size_t octets, const Buffer& whose);
  void discharge(std::size_t octets) { in_use_ -= octets; }
  /// In use by buffers that are not empty, or charged.
  [[nodiscard]] std::size_t octets_in_use() const { return in_use_; }

 private:
  friend class Buffer;
  struct Piece {
    std::unique_ptr<std::byte[]> data;
    std::size_t capacity = 0;
  };
  /// A piece of at least `octets`, which counts as used; none when that is too much.
  [[nodiscard]] Piece take(std::size_t octets, const Buffer& asking);
  [[nodiscard]] std::size_t limit(std::size_t octets, BufferUse use) const;
  void give_back(Piece piece);
  /// 0 for the smallest piece, 1 for one twice as large, ...
  [[nodiscard]] static std::size_t size_class(std::size_t capacity);

  static constexpr std::size_t kSmallest = 1024;
  static constexpr std::size_t kSizes = 5;  ///< kept: kSmallest, twice, four times as much, ...

  std::size_t max_octets_;
  std::size_t in_use_ = 0;
  MemoryHolders* holders_ = nullptr;
  std::array<std::vector<std::unique_ptr<std::byte[]>>, kSizes> spare_;  ///< by size
};

}  // namespace mooring::server
