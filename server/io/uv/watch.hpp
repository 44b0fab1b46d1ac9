// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <memory>

#include "server/io/uv/loop.hpp"
#include "server/io/watch.hpp"

namespace mooring::server {

class UvWatch final : public Watch {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Watch>> create(UvLoop& loop, int descriptor,
                                                             std::function<void()> action);
  explicit UvWatch(std::function<void()> action) : action_(std::move(action)) {}

  void set(bool readable, bool writable) override;

 private:
  std::function<void()> action_;
  UvPtr<uv_poll_t> handle_;
};

}  // namespace mooring::server
