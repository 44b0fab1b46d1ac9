// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>

#include "server/config/config.hpp"

namespace mooring::server {

/// How many ticket keys must be kept so that no ticket outlives its key.
[[nodiscard]] std::size_t ticket_keys_kept(const TlsConfig& tls);

}  // namespace mooring::server
