// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <string>

#include "server/base/result.hpp"

namespace mooring::server {

/// Gives the text of a file, or why it cannot be read.
using FileReader = std::function<Result<std::string>(const std::string& path)>;

/// Reads a file of at most 1 MiB.
[[nodiscard]] Result<std::string> read_file(const std::string& path);

}  // namespace mooring::server
