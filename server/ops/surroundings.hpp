// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "server/config/config.hpp"

namespace mooring::server {

/// What a configuration asks of the machine and cannot have, or may not be able to have.
struct Surroundings {
  Findings errors;    ///< the service could not start
  Findings warnings;  ///< it may depend on what runs now
};

/// Looks at everything that a start needs: addresses to listen on, the state directory, and that no
/// resolver is this service itself. Changes nothing, and disturbs nobody who runs.
[[nodiscard]] Surroundings check_surroundings(const Config& config);

/// A server that is its own resolver would ask itself for ever, also when it listens on all
/// addresses and is asked at one of its own: `own` are the machine's, besides loopback.
[[nodiscard]] Findings check_loops(const Config& config, const std::vector<IpAddress>& own);
[[nodiscard]] std::vector<IpAddress> own_addresses();

}  // namespace mooring::server
