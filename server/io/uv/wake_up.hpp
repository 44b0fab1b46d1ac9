// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>

#include "server/io/uv/loop.hpp"

namespace mooring::server {

/// Throws std::runtime_error when there is none to be had.
class UvWakeUp final : public WakeUp {
 public:
  UvWakeUp(UvLoop& loop, std::function<void()> action);

  void wake() override;

 private:
  std::function<void()> action_;
  UvPtr<uv_async_t> handle_;
};

}  // namespace mooring::server
