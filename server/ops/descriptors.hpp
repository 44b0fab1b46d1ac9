// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>

#include "server/config/config.hpp"

namespace mooring::server {

/// An error's text.
inline constexpr const char* kNoDescriptors = "there are no descriptors left";

/// Lets the process open as many files as it may, and returns how many that is.
std::size_t raise_file_limit();
/// How many clients the descriptors are enough for when so many files may be open.
[[nodiscard]] std::size_t descriptors_for_connections(const Config& config, std::size_t files);
/// The same, but at most what the configuration wants.
[[nodiscard]] std::size_t connections_that_fit(const Config& config, std::size_t files);

}  // namespace mooring::server
