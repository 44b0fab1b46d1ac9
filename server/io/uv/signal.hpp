// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>

#include "server/io/uv/loop.hpp"

namespace mooring::server {

/// Throws std::runtime_error when the signal cannot be caught.
class UvSignal final : public Signal {
 public:
  UvSignal(UvLoop& loop, int number, std::function<void()> action);

 private:
  std::function<void()> action_;
  UvPtr<uv_signal_t> handle_;
};

}  // namespace mooring::server
