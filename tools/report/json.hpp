// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json.hpp>

namespace mooring::tools {

/// What --json prints: members stay in the order in which they were put in.
using Json = nlohmann::ordered_json;

}  // namespace mooring::tools
