// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "tools/base/outcome.hpp"

namespace mooring::tools {

/// Sends a line to the mooringd that serves at the control socket `path`, and returns the line that
/// it answers with, without its end; it may take its time. An error names the path.
[[nodiscard]] Outcome<std::string> ask_control(const std::string& path, const std::string& line);

}  // namespace mooring::tools
