// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "server/base/result.hpp"

namespace mooring::server {

/// Of all privileges that the process has, keeps CAP_NET_ADMIN and, for services below port 1024,
/// CAP_NET_BIND_SERVICE, as far as they are there. Root becomes the user nobody. No descriptor
/// stays open but the first three; nobody may look into the process, nor does it ever leave a core
/// dump or gain a privilege again.
[[nodiscard]] Result<void> keep_few_privileges();

}  // namespace mooring::server
