// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>

#include "server/upstream/query.hpp"

namespace mooring::server {

/// Message IDs from the kernel's random generator, fetched many at a time. Used by one thread.
class RandomIds final : public MessageIds {
 public:
  [[nodiscard]] std::uint16_t next() override {
    if (left_ == 0) refill();
    return ids_[--left_];
  }

 private:
  void refill();

  std::array<std::uint16_t, 1024> ids_{};
  std::size_t left_ = 0;
};

}  // namespace mooring::server
