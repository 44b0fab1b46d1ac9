// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

namespace mooring::server {

using ByteView = std::span<const std::byte>;

/// Monotonic time: what deadlines are counted in. Always an argument in the parts of this room that
/// own no socket, read once in a turn of the event loop by those that do.
using TimePoint = std::chrono::steady_clock::time_point;
using Milliseconds = std::chrono::milliseconds;

}  // namespace mooring::server
