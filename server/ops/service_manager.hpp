// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace mooring::server {

/// Tells the service manager that started this process (sd_notify(3)), as "READY=1"; several lines
/// are told together. Without one nothing happens, and what cannot be told is lost.
void tell_service_manager(const std::string& state);

}  // namespace mooring::server
