// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "server/base/result.hpp"

namespace mooring::server {

/// The path of the program that this process runs; what is there may be another one by now. Empty:
/// the system does not tell.
[[nodiscard]] std::string own_program();

/// Starts a program; it gets standard input, output and error. `arguments` without its name.
[[nodiscard]] Result<pid_t> start_program(const std::string& path,
                                          const std::vector<std::string>& arguments);

/// How a child has ended: "status 1", "signal 9". None: it has not. To be asked until it has.
[[nodiscard]] std::optional<std::string> end_of(pid_t child);

}  // namespace mooring::server
