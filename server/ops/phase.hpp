// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace mooring::server {

/// Where the service stands in its life.
enum class Phase : std::uint8_t {
  starting,      ///< chains are being built; nobody is let in
  serving,       ///< clients are let in
  handing_over,  ///< a successor is about to have all; it may come to nothing
  draining,      ///< told to end; what is in flight is answered
  ended,         ///< nothing is done any more
};

/// Which phase may come after which.
inline constexpr std::array<std::pair<Phase, Phase>, 9> kSuccessors{{
    {Phase::starting, Phase::serving},
    {Phase::starting, Phase::ended},
    {Phase::serving, Phase::handing_over},
    {Phase::serving, Phase::draining},
    {Phase::serving, Phase::ended},
    {Phase::handing_over, Phase::serving},
    {Phase::handing_over, Phase::draining},
    {Phase::handing_over, Phase::ended},
    {Phase::draining, Phase::ended},
}};

[[nodiscard]] constexpr bool may_follow(Phase now, Phase next) {
  return std::ranges::find(kSuccessors, std::pair(now, next)) != kSuccessors.end();
}

}  // namespace mooring::server
