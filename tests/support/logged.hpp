// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <regex>
#include <sstream>
#include <string>

#include "server/observe/log.hpp"

namespace mooring::test {

/// A log that a test can read.
struct Logged {
  /// What was written since the last look: "LEVEL event=...", a line each, without the time.
  std::string take() {
    const std::string text = std::regex_replace(out.str(), std::regex("(^|\\n)[0-9T:.+-]+ "), "$1");
    out.str("");
    return text;
  }

  std::ostringstream out;
  server::Log log{server::LogLevel::debug, out};
};

}  // namespace mooring::test
