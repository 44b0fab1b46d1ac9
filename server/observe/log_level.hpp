// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace mooring::server {

enum class LogLevel : std::uint8_t { debug, info, warning, error };

}  // namespace mooring::server
