// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>

#include "server/io/loop.hpp"

namespace mooring::server {

/// A loop of libuv. Throws std::runtime_error when there is none to be had.
[[nodiscard]] std::unique_ptr<Loop> make_uv_loop();

}  // namespace mooring::server
