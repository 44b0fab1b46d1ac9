// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

#include "server/base/result.hpp"
#include "server/handover/helper/request.hpp"

namespace mooring::server {

/// A network interface of this host, as frames know it.
struct NetworkInterface {
  std::uint32_t index = 0;
  MacAddress mac{};
};

/// The error names it: there is none of this name, or it is not Ethernet.
[[nodiscard]] Result<NetworkInterface> find_interface(const std::string& name);

}  // namespace mooring::server
