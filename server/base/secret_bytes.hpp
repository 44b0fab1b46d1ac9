// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "server/base/bytes.hpp"

namespace mooring::server {

class SecretArena;
class SecretChunk;

/// Octets that hold key material: left out of core dumps, not given to child processes, and wiped
/// when they are freed. Any thread may free them; whoever made them may be gone by then.
class SecretBytes {
 public:
  SecretBytes() = default;  ///< none
  SecretBytes(SecretBytes&& other) noexcept
      : chunk_(std::move(other.chunk_)),
        data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    chunk_.swap(other.chunk_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~SecretBytes();

  [[nodiscard]] std::byte* data() { return data_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  /// Valid as long as this.
  [[nodiscard]] ByteView view() const { return {data_, size_}; }

 private:
  friend class SecretArena;
  SecretBytes(std::shared_ptr<const SecretChunk> chunk, std::byte* data, std::size_t size)
      : chunk_(std::move(chunk)), data_(data), size_(size) {}

  /// Owned together by the arena, while it takes octets from it, and by all those octets.
  std::shared_ptr<const SecretChunk> chunk_;
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

/// Makes SecretBytes out of large pieces of memory, each of which goes back to the system with the
/// last octets in it: for many that live about equally long. Used by one thread.
class SecretArena {
 public:
  /// So many octets, all zero; none when there is no memory.
  [[nodiscard]] std::optional<SecretBytes> take(std::size_t size);

 private:
  std::shared_ptr<const SecretChunk> chunk_;  ///< the one that is being used up
  std::size_t used_ = 0;                      ///< octets of it
};

}  // namespace mooring::server
