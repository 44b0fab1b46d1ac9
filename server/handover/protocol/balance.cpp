// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/handover/protocol/balance.hpp"

namespace mooring::server {

std::optional<std::size_t> with_fewest(std::span<const BackendLoad> backends) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < backends.size(); ++i) {
    const BackendLoad& one = backends[i];
    if (!one.usable || one.weight == 0) continue;
    // As fractions, with the one that it would get: a heavier one that is empty comes first.
    const auto load = [](const BackendLoad& of, std::uint32_t weight) {
      return (std::uint64_t{of.sessions} + 1) * weight;
    };
    if (!best || load(one, backends[*best].weight) < load(backends[*best], one.weight)) best = i;
  }
  return best;
}

}  // namespace mooring::server
