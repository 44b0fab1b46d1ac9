// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/base/secret_bytes.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>

namespace mooring::server {

namespace {

constexpr std::size_t kChunkSize = 256U << 10U;

}  // namespace

/// Memory of its own, mapped for as long as this lives.
class SecretChunk {
 public:
  explicit SecretChunk(std::size_t size)
      : size_(size),
        data_(mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
    if (data_ == MAP_FAILED) return;
    madvise(data_, size_, MADV_DONTDUMP);
    madvise(data_, size_, MADV_DONTFORK);
  }
  ~SecretChunk() {
    if (data_ != MAP_FAILED) munmap(data_, size_);
  }
  SecretChunk(const SecretChunk&) = delete;
  SecretChunk& operator=(const SecretChunk&) = delete;

  /// Null when there was no memory.
  [[nodiscard]] std::byte* data() const {
    return data_ == MAP_FAILED ? nullptr : static_cast<std::byte*>(data_);
  }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  std::size_t size_;
  void* data_;
};

SecretBytes::~SecretBytes() {
  if (size_ != 0) explicit_bzero(data_, size_);
}

std::optional<SecretBytes> SecretArena::take(std::size_t size) {
  if (size == 0) return SecretBytes();
  if (!chunk_ || chunk_->size() - used_ < size) {
    auto chunk = std::make_shared<const SecretChunk>(std::max(size, kChunkSize));
    if (chunk->data() == nullptr) return std::nullopt;
    chunk_ = std::move(chunk);
    used_ = 0;
  }
  SecretBytes out(chunk_, chunk_->data() + used_, size);
  used_ += size;
  return out;
}

}  // namespace mooring::server
