// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace mooring::server {

/// A host that sessions can be given to.
struct BackendLoad {
  bool usable = false;  ///< its link is there, and has room
  std::uint32_t weight = 1;
  std::size_t sessions = 0;
};

/// Which of them gets the next session: of those that can be used the one with the fewest for its
/// weight, the first of several. None: there is none; one of weight 0 gets none.
[[nodiscard]] std::optional<std::size_t> with_fewest(std::span<const BackendLoad> backends);

}  // namespace mooring::server
