// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "dnschain/base/bytes.hpp"

namespace mooring::server {

/// The wall clock, in whole seconds.
[[nodiscard]] dnschain::WallTime wall_now();

}  // namespace mooring::server
