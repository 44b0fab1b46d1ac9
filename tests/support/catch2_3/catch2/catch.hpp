// SPDX-License-Identifier: GPL-3.0-or-later
//
// Catch2 3 as the tests know it, by the header and the names of version 2. tests/meson.build puts
// it into the include path where version 3 is installed.
#pragma once

#include <string>

#include <catch2/catch_all.hpp>

namespace Catch {

using Matchers::EndsWith;
using Matchers::Equals;
using Matchers::Matches;
using Matchers::StartsWith;
using Matchers::UnorderedEquals;
using Matchers::VectorContains;

inline auto Contains(const std::string& part) {
  return Matchers::ContainsSubstring(part);
}

}  // namespace Catch
