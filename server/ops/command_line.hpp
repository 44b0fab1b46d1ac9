// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <tl/expected.hpp>

namespace mooring::server {

/// What mooringd is told to do.
struct CommandLine {
  std::string config;      ///< path of the configuration; not empty
  bool test = false;       ///< check it and end
  bool take_over = false;  ///< from the process that serves at the control socket
};

/// A command line that asks for nothing but a few words, or that is wrong.
struct CommandEnd {
  int status = 0;    ///< of the process: 0, or 2 when the command line is wrong
  std::string text;  ///< for standard output when the status is 0, else for standard error
};

/// Reads the arguments of main().
[[nodiscard]] tl::expected<CommandLine, CommandEnd> read_command_line(int argc,
                                                                      const char* const* argv,
                                                                      const std::string& version);

}  // namespace mooring::server
