// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/ops/heap_trim.hpp"

#include <malloc.h>

#include <utility>

namespace mooring::server {

namespace {

constexpr std::chrono::seconds kInterval{1};
/// A quarter of a megabyte; what fewer leave is not worth the walk through the heap.
constexpr std::uint64_t kEnough = 64;

}  // namespace

void trim_heap() {
  malloc_trim(0);
}

HeapTrim::HeapTrim(Loop& loop, std::function<std::uint64_t()> slept, std::function<void()> trim)
    : loop_(loop),
      slept_(std::move(slept)),
      trim_(std::move(trim)),
      timer_(loop.make_timer([this] { look(); })) {
  timer_->set(loop_.now() + kInterval);
}

void HeapTrim::look() {
  timer_->set(loop_.now() + kInterval);
  const std::uint64_t slept = slept_();
  if (slept - seen_ < kEnough) return;
  seen_ = slept;
  trim_();
}

}  // namespace mooring::server
